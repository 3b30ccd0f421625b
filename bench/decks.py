"""Makes the decks that the benchmarks build: two Markdown fields of about 120 characters, three tags, some cloze."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_WORDS = """the motor cortex plans movement and signals muscle fibres through neurons with practice repetition
strengthens synaptic pathways in brain regions such as cerebellum basal ganglia while sleep keeps it""".split()


def _sentence(random_: random.Random, length: int) -> list[str]:
    words: list[str] = []
    while sum(map(len, words)) + len(words) < length:
        words.append(random_.choice(_WORDS))
    return words


def _marked_up(random_: random.Random) -> str:
    words = _sentence(random_, 115)
    words[3] = f"**{words[3]}**"
    words[7] = f"*{words[7]}*"
    return " ".join(words).capitalize()


def _note(random_: random.Random, number: int) -> str:
    tags = f"    tags: [core, anatomy, set{number % 50}]\n"
    if number % 10 == 0:
        before, hidden, after = (" ".join(_sentence(random_, size)) for size in (60, 20, 30))
        return f"  - id: n{number}\n    cloze: '{before} {{{{c1::{hidden}}}}} {after}'\n{tags}"
    front, back = _marked_up(random_), _marked_up(random_)
    return f"  - id: n{number}\n    front: {front}?\n    back: {back}\n{tags}"


def write_deck(folder: Path, notes: int) -> None:
    """Write a deck of so many notes, in files of at most 1,000, the same at each call."""
    random_ = random.Random(notes)
    folder.mkdir(parents=True)
    (folder / "deck.yaml").write_text(f"deck: Bench {notes}\n", encoding="utf-8")
    for start in range(0, notes, 1000):
        cards = "".join(_note(random_, number) for number in range(start, min(start + 1000, notes)))
        (folder / f"topic-{start // 1000:03}.yaml").write_text(
            f"topic: Topic {start // 1000}\ncards:\n{cards}", "utf-8"
        )
