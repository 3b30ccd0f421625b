"""An author for tests: a deck as a list of cards that change, written to YAML as somebody would type it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FIRST = "Amber Basalt Copper Dolomite Emerald Feldspar Garnet Hematite Ivory Jasper Kaolin Lapis Marble Nickel".split()
SECOND = "Otter Parrot Quail Raven Salmon Tapir Urchin Viper Walrus Xerus Yak Zebra Badger Camel Dingo".split()
VERBS = "carries follows guards hides invites joins keeps lifts meets names obeys paints quotes reaches".split()


@dataclass(frozen=True, slots=True)
class Written:
    """A card as its author knows it. `number` is who it is, whatever becomes of its text."""

    number: int
    kind: str  # basic, cloze or own
    question: str
    answer: str
    file: str
    id: str = ""
    tags: tuple[str, ...] = ()
    reverse: bool = False

    def yaml(self) -> str:
        """Return the card in flow style."""
        keys: dict[str, object] = {"id": self.id} if self.id else {}
        if self.kind == "basic":
            keys |= {"front": self.question, "back": self.answer}
        elif self.kind == "cloze":
            keys |= {"cloze": f"{self.question} {{{{c1::{self.answer}}}}}"}
        else:
            keys |= {"type": "Fact", "Asked": self.question, "Told": self.answer}
        if self.tags:
            keys["tags"] = list(self.tags)
        if self.reverse:
            keys["reverse"] = "true"
        return "- " + json.dumps(keys, ensure_ascii=False)


def card(number: int, kind: str, file: str, *, named: bool) -> Written:
    """Return a new card, about something else than all others."""
    about = f"{FIRST[number % len(FIRST)]} {SECOND[number % len(SECOND)]}"
    question = f"What is it that {about} {VERBS[number % len(VERBS)]}, number {number}"
    return Written(number, kind, question, f"thing{number}", file, f"card-{number}" if named else "")


@dataclass(slots=True)
class Deck:
    """A deck on its author's disk."""

    folder: Path
    cards: list[Written] = field(default_factory=list)
    css: str = ""
    told: str = "Told"  # what the second field of the own note type is called
    description: str = ""

    def write(self) -> None:
        """Write all files anew."""
        for old in self.folder.glob("*.yaml"):
            old.unlink()
        self.folder.mkdir(exist_ok=True)
        side = f"{{{{FrontSide}}}}<hr id=answer>{{{{{self.told}}}}}"
        (self.folder / "deck.yaml").write_text(
            f"deck: Stones\nid: stones\ncss: {json.dumps(f'.card {{ margin: {len(self.css)}px }}')}\n"
            f"description: {json.dumps(self.description)}\n"
            "note_types:\n  Fact:\n"
            f"    fields: [Asked, {{name: {self.told}, id: Told}}]\n"
            f"    templates: [{{front: '{{{{Asked}}}}', back: '{side}'}}]\n",
            encoding="utf-8",
        )
        for file in sorted({each.file for each in self.cards}):
            cards = "\n".join(self.line(each) for each in self.cards if each.file == file)
            (self.folder / f"{file}.yaml").write_text(f"topic: {file}\ncards:\n{cards}\n", encoding="utf-8")

    def line(self, each: Written) -> str:
        """Return a card's line."""
        return each.yaml().replace('"Told":', f'"{self.told}":')

    def change(self, number: int, **what: object) -> None:
        """Change a card."""
        self.cards = [replace(each, **what) if each.number == number else each for each in self.cards]  # type: ignore[arg-type]
