"""How well reworded cards without ids are known again: precision and recall over hand-made edits.

    python -m tests.measure_likeness        prints the tables of docs/decisions/0011-likeness.md

`tests/edits/*.yaml` have what authors do to cards: each item is an edit, with the cards before and after, the pairs
that must be taken for one card (`same`), and those that may (`may`). All others are wrong.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from deckgen.ledger import derived_key
from deckgen.lock import NoteEntry
from deckgen.pairing import pair

EDITS = Path(__file__).parent / "edits"
KINDS = ("typo", "rewording", "answer-too", "swapped", "moved", "cloze", "split", "merged", "replaced")

Item = dict[str, Any]


class Asked(NamedTuple):
    """A card without an id, as the ledger sees one."""

    key: str
    asks: str
    has_id: bool
    content: str
    file: str
    path: str
    texts: tuple[str, str]
    at: tuple[int, int, int]


@dataclass(slots=True)
class Score:
    """Pairs found that are right or wrong, and pairs that were missed."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0


def items() -> dict[str, list[Item]]:
    """Return the edits by the files that they stand in."""
    return {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in sorted(EDITS.glob("*.yaml"))}


def texts(card: Item) -> tuple[str, str]:
    question, answer = (card["cloze"], "") if "cloze" in card else (card["front"], card["back"])
    return " ".join(question.split()), " ".join(answer.split())


def asked(card: Item) -> Asked:
    key, file = derived_key("cloze" if "cloze" in card else "basic", texts(card)[0]), card.get("file", "a")
    return Asked(key, key, False, "", file, file, texts(card), (1, 1, 1))


def kind_of(card: Item) -> int:
    return 2 if "cloze" in card else 1


Place = tuple[int, int]


def pairs_of(deck: list[Item]) -> dict[tuple[Place, Place], float]:
    """Return which card was taken for which, both as (item, card); and how alike they are, 1 if they ask the same."""
    old: dict[str, str] = {}
    places: dict[str, Place] = {}
    for number, item in enumerate(deck):
        for place, card in enumerate(item["old"]):
            note, key, copy = asked(card), asked(card).key, 1
            while key in old:
                copy += 1
                key = f"{note.key}-{copy}"
            old[key] = str(NoteEntry("0" * 16, "1" * 16, 1, kind_of(card), "", note.file, *note.texts))
            places[key] = (number, place)
    new = [(number, place, card) for number, item in enumerate(deck) for place, card in enumerate(item["new"])]
    found = pair([(asked(card), kind_of(card)) for *_, card in new], old, {})
    return {(places[match.key], new[number][:2]): match.likeness for number, match in found.items()}


def measure(deck: list[Item]) -> dict[str, Score]:
    """Return the score of each kind of edit; pairs that ask the same need no likeness and do not count."""
    scores = {kind: Score() for kind in KINDS}
    found = pairs_of(deck)
    fits = {((n, a), (n, b)) for n, item in enumerate(deck) for a, b in (*item["same"], *item["may"])}
    for number, item in enumerate(deck):
        for a, b in item["same"]:
            if asked(item["old"][a]).asks != asked(item["new"][b]).asks:
                score = scores[item["kind"]]
                is_found = ((number, a), (number, b)) in found
                score.right, score.missed = score.right + is_found, score.missed + (not is_found)
    for places, likeness in found.items():
        if likeness < 1 and places not in fits:
            scores[deck[places[1][0]]["kind"]].wrong += 1
    return scores


def total(scores: list[dict[str, Score]]) -> dict[str, Score]:
    """Add up scores by kind."""
    return {
        kind: Score(*(sum(getattr(score[kind], part) for score in scores) for part in ("right", "wrong", "missed")))
        for kind in KINDS
    }


def table(scores: dict[str, Score], decks: list[list[Item]] | None = None) -> str:
    """Return scores as a Markdown table; `decks` are the edits that were measured, all of them by default."""
    count = Counter(item["kind"] for deck in decks or items().values() for item in deck)
    rows = ["| kind of edit | edits | found | wrong | missed | precision | recall |", "|---|---|---|---|---|---|---|"]
    whole = Score(*(sum(getattr(s, part) for s in scores.values()) for part in ("right", "wrong", "missed")))
    for kind, score in [*scores.items(), ("all", whole)]:
        edits = count[kind] if kind != "all" else sum(count.values())
        figures = f"{score.right} | {score.wrong} | {score.missed} | {score.precision():.2f} | {score.recall():.2f}"
        rows.append(f"| {kind} | {edits} | {figures} |")
    return "\n".join(rows)


def alone() -> dict[str, Score]:
    """Measure each edit in a deck of its own."""
    return total([measure([item]) for deck in items().values() for item in deck])


def held_out() -> dict[str, Score]:
    """Measure the edits that were written when the limits had been set, each in a deck of its own."""
    return total([measure([item]) for item in items()["held-out"]])


def together() -> dict[str, Score]:
    """Measure all edits of a file as one edit of one deck: every other card is there to be taken by mistake."""
    return total([measure(deck) for deck in items().values()])


if __name__ == "__main__":
    print(f"Each edit of held-out.yaml alone:\n\n{table(held_out(), [items()['held-out']])}\n")
    print(f"Each edit alone:\n\n{table(alone())}\n\nAll edits of a file at once:\n\n{table(together())}")
