"""The shipped deck through ten releases; a learner studies in between and imports each with Anki's default buttons.

A story to be read from top to bottom. After each release the learner has what the author changed, and every review.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from anki.scheduler.v3 import CardAnswer

from deckgen.changes import compare
from deckgen.discover import find_decks
from deckgen.pipeline import Targets, build, write_ids
from deckgen.readers.apkg import read_package
from tests.conftest import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.anki_harness import Anki

SHIPPED = Path(__file__).parents[1] / "cards" / "muscle-memory"
DAY = 86_400


@dataclass(slots=True)
class Deck:
    """The author's copy of the deck."""

    folder: Path = Path("muscle-memory")
    release: int = 0

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text("utf-8")
        assert text.count(old) == 1, f"{old} in {file}"
        path.write_text(text.replace(old, new), "utf-8")

    def publish(self) -> Path:
        """Build the next release, a month after the last."""
        self.release += 1
        ((files,), _) = find_decks([self.folder])
        target = Path(f"release-{self.release}.apkg")
        done = build(files, Targets(Path(), target), NOW + self.release * 30 * DAY, lambda _: None)
        assert done.package, [p.message for p in done.problems]
        return target


@dataclass(slots=True)
class Learner:
    """Studies, and imports."""

    anki: Anki
    has: Path | None = None
    reviews: int = 0
    cards: dict[int, tuple[object, ...]] = field(default_factory=dict)

    def study(self, search: str, count: int) -> None:
        """Answer some cards, well enough that they come back in days."""
        col = self.anki.col
        for card_id in sorted(col.find_cards(search))[:count]:
            states = col._backend.get_scheduling_states(card_id)
            card = col.get_card(card_id)
            card.start_timer()
            col.sched.answer_card(col.sched.build_answer(card=card, states=states, rating=CardAnswer.EASY))
            self.reviews += 1
        self.cards = self.scheduling()

    def scheduling(self) -> dict[int, tuple[object, ...]]:
        rows = self.anki.col.db.all(
            "select id, nid, did, ord, type, queue, due, ivl, reps, flags from cards where reps > 0"
        )
        return {row[0]: tuple(row[1:]) for row in rows}

    def take(self, package: Path) -> dict[str, int]:
        """Import a release; what `deckgen diff` says of it must be what Anki does, and no review may be touched."""
        log = self.anki.install(package)
        if self.has:
            counts = compare(read_package(self.has), read_package(package)).counts()
            names = {"new": "new", "updated": "changed", "duplicate": "unchanged", "conflicting": "conflicting"}
            assert {name: counts[key] for name, key in names.items() if counts[key]} == log
        self.has = package
        assert self.scheduling() == self.cards
        assert self.anki.col.db.scalar("select count() from revlog") == self.reviews
        guids = self.anki.col.db.list("select guid from notes")
        assert len(guids) == len(set(guids))
        return log

    def note(self, search: str) -> dict[str, str]:
        (note_id,) = self.anki.col.find_notes(search)
        return dict(self.anki.col.get_note(note_id).items())


@pytest.fixture
def deck() -> Deck:
    """The shipped deck, its ids taken out, so that everything hangs on the lock."""
    shutil.copytree(SHIPPED, "muscle-memory")
    for path in Path("muscle-memory").glob("*.yaml"):
        text = path.read_text("utf-8")
        if path.name != "deck.yaml":
            path.write_text(re.sub(r"(?m)^  - id: [\w-]+\n    ", "  - ", text), "utf-8")
    Path("muscle-memory/deck.lock").unlink()
    return Deck()


@pytest.fixture
def learner(anki: Anki) -> Iterator[Learner]:
    yield Learner(anki)
    # Who answers dozens of cards within a second finds Anki itself amending the time of a review, without any package.
    said = [line for line in anki.col.fix_integrity()[0].splitlines() if not line.startswith("Added last review time")]
    assert said == ["Database rebuilt and optimized."]
    assert anki.col.get_empty_cards().report == ""


def test_ten_releases(deck: Deck, learner: Learner) -> None:  # noqa: PLR0915 - ten chapters of one story
    # 1. The first release.
    assert learner.take(deck.publish()) == {"new": 111}
    learner.study("deck:Muscle*", 60)

    # 2. A typo in an answer, and one in a question.
    deck.edit("overview.yaml", "The brain\n    extra: The name", "The brain.\n    extra: The name")
    deck.edit("overview.yaml", "For how long have researchers been", "For how long have researcher been")
    assert learner.take(deck.publish()) == {"updated": 2, "duplicate": 109}

    # 3. A question is put in other words; the learner has an edit of their own on a card that does not change.
    own = learner.anki.col.get_note(learner.anki.col.find_notes('front:*"organ is the muscle memory"*')[0])
    own["Extra"], own.tags = "What my teacher says", [*own.tags, "exam"]
    learner.anki.col.update_note(own)
    learner.anki.col.db.execute("update notes set mod = ? where id = ?", NOW + 2 * 30 * DAY + 9, own.id)
    deck.edit("practice.yaml", "How much effort does a well-stored motor skill take after years without practice?",
              "After years without practice, how much effort does a well-stored motor skill still take?")  # fmt: skip
    assert learner.take(deck.publish()) == {"updated": 1, "duplicate": 110}
    assert learner.note('front:"After years without practice*"')["Back"] == "Little or none"
    kept = learner.anki.col.get_note(own.id)
    assert (kept["Extra"], "exam" in kept.tags) == ("What my teacher says", True)
    learner.study("tag:muscle-memory::practice", 10)

    # 4. A new topic.
    (deck.folder / "sleep.yaml").write_text(
        "topic: Sleep\ncards:\n- front: When is a new skill consolidated?\n  back: In sleep\n"
        "- cloze: Sleep {{c1::consolidates}} a skill.\n",
        "utf-8",
    )
    deck.edit("deck.yaml", "strategies]", "strategies, sleep]")
    assert learner.take(deck.publish()) == {"new": 2, "duplicate": 111}
    learner.study("tag:muscle-memory::sleep", 2)

    # 5. A file is renamed: its cards get another tag, and stay who they are.
    (deck.folder / "practice.yaml").rename(deck.folder / "training.yaml")
    deck.edit("deck.yaml", " practice,", " training,")
    assert learner.take(deck.publish()) == {"updated": 13, "duplicate": 100}
    assert len(learner.anki.col.find_notes("tag:muscle-memory::training")) == 13

    # 6. A card is split in two: the first half goes on, the second is new.
    deck.edit("strategies.yaml", "  - cloze: Building muscle memory is gradual, and so is keeping it up. "
              "Both take {{c1::patience}} and {{c2::dedication}}.\n",
              "  - cloze: Building muscle memory is gradual, and so is keeping it up. It takes {{c1::patience}}.\n"
              "  - cloze: What keeps one training for months is {{c1::dedication}}.\n")  # fmt: skip
    log = learner.take(deck.publish())
    assert log["duplicate"] == 112
    assert log.get("updated", 0) + log["new"] == 2

    # 7. A card is deleted: learners keep it, and the diff says how to find it.
    deck.edit("overview.yaml", "  - front: Besides ease, which quality makes a well-practised skill look inborn?\n"
              "    back: Precision\n    source: {section: Neuroplasticity}\n\n", "")  # fmt: skip
    before = learner.has
    assert "updated" not in learner.take(deck.publish())
    assert before
    assert learner.has
    (search,) = compare(read_package(before), read_package(learner.has)).searches
    assert learner.note(search)["Back"] == "Precision"

    # 8. A note type of the author's own comes, and is studied.
    types = (
        "note_types:\n  Area:\n    fields: [Name, Job]\n"
        "    templates: [{name: Recall, id: main, front: 'What does {{Name}} do?', back: '{{Job}}'}]\n"
    )
    with (deck.folder / "deck.yaml").open("a", encoding="utf-8") as file:
        file.write(types)
    with (deck.folder / "motor-cortex.yaml").open("a", encoding="utf-8") as file:
        file.write("  - {type: Area, Name: the cerebellum, Job: adapts movements}\n")
    assert learner.take(deck.publish())["new"] == 1
    learner.study("note:Area", 1)

    # 9. A new template in place of the old one: it takes over the old one's id, and so its cards.
    deck.edit("deck.yaml", "{name: Recall, id: main, front: 'What does {{Name}} do?', back: '{{Job}}'}",
              "{name: By job, id: main, front: 'Which area {{Job}}?', back: '{{Name}}'}")  # fmt: skip
    assert "conflicting" not in learner.take(deck.publish())
    assert learner.anki.note_type("Area")["tmpls"][0]["qfmt"] == "Which area {{Job}}?"

    # 10. Another look, and ids for all cards: nothing but the look changes for learners.
    deck.edit("deck.yaml", "theme: paper", "css: '.card { font-size: 22px }'")
    ((files,), _) = find_decks([deck.folder])
    named = write_ids(files, NOW + deck.release * 30 * DAY, lambda _: None)
    assert sum(named.files.values()) == 114
    assert set(learner.take(deck.publish())) == {"duplicate"}
    css = learner.anki.note_type("Muscle Memory – Basic")["css"]
    assert "font-size: 22px" in css
    assert deck.release == 10
