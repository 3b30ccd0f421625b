"""Real Anki for tests: a fresh collection that imports packages with the buttons a learner finds set by default.

Nothing else in the tests imports `anki`; the package `deckgen` never does (AGPL).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

from anki import import_export_pb2 as pb
from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest


@dataclass(frozen=True, slots=True)
class AnkiCard:
    """A card as a learner meets it. `question` and `answer` are HTML."""

    note: int
    ordinal: int
    deck: str
    due: int
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class AnkiNote:
    """A note as Anki stores it."""

    id: int
    guid: str
    type: str
    mod: int
    fields: dict[str, str]
    tags: list[str]


class Anki:
    """A learner's collection."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.col = Collection(str(folder / "collection.anki2"))

    def close(self) -> None:
        self.col.close()

    def install(self, package: Path, *, presets: bool = False, merge: bool = False) -> dict[str, int]:
        """Import a package at Anki's defaults; return the counts of the import log that are not 0."""
        newer = pb.IMPORT_ANKI_PACKAGE_UPDATE_CONDITION_IF_NEWER
        options = ImportAnkiPackageOptions(
            merge_notetypes=merge,
            update_notes=newer,
            update_notetypes=newer,
            with_scheduling=False,
            with_deck_configs=presets,
        )
        request = ImportAnkiPackageRequest(package_path=str(package), options=options)
        log = self.col.import_anki_package(request).log
        self.col.models._clear_cache()
        names = ("new", "updated", "duplicate", "conflicting", "first_field_match", "missing_notetype", "missing_deck")
        return {name: count for name in (*names, "empty_first_field") if (count := len(getattr(log, name)))}

    def notes(self) -> list[AnkiNote]:
        """Return all notes, in the order of their ids."""
        found = []
        for note_id in self.col.db.list("select id from notes order by id"):
            note = self.col.get_note(note_id)
            kind = note.note_type()["name"]
            found.append(AnkiNote(note_id, note.guid, kind, note.mod, dict(note.items()), list(note.tags)))
        return found

    def cards(self) -> list[AnkiCard]:
        """Return all cards, by note and ordinal."""
        found = []
        for card_id in self.col.db.list("select id from cards order by nid, ord"):
            card = self.col.get_card(card_id)
            deck = self.col.decks.name(card.did)
            found.append(AnkiCard(card.nid, card.ord, deck, card.due, card.question(), card.answer()))
        return found

    def ordinals_of(self, type_name: str, fields: list[str]) -> list[int]:
        """Return the ordinals of the cards that Anki itself makes when a note is added (card 0 if it has none)."""
        note = self.col.new_note(self.col.models.by_name(type_name))
        note.fields = list(fields)
        self.col.add_note(note, 1)
        found = sorted({card.ord for card in note.cards()})
        self.col.remove_notes([note.id])
        return found

    def add_type(self, name: str, fields: list[str], fronts: list[str], *, cloze: bool = False) -> dict[str, Any]:
        """Add a note type and return it as Anki has it."""
        models = self.col.models
        made = models.new(name)
        made["type"] = int(cloze)
        for field in fields:
            models.add_field(made, models.new_field(field))
        for number, front in enumerate(fronts, 1):
            template = models.new_template(f"Card {number}")
            template["qfmt"], template["afmt"] = front, "answer"
            models.add_template(made, template)
        models.add(made)
        found: dict[str, Any] = models.by_name(name)
        return found

    def add_cloze_type(self, name: str, fields: list[str], side: str) -> dict[str, Any]:
        """Add a cloze note type whose front and back are alike (Anki wants a cloze on both) and return it."""
        models = self.col.models
        made = models.new(name)
        made["type"] = 1
        for field in fields:
            models.add_field(made, models.new_field(field))
        template = models.new_template("Cloze")
        template["qfmt"] = template["afmt"] = side
        models.add_template(made, template)
        models.add(made)
        found: dict[str, Any] = models.by_name(name)
        return found

    def deck(self, name: str) -> dict[str, Any]:
        """Return a deck as Anki has it."""
        found: dict[str, Any] = self.col.decks.by_name(name)
        return found

    def preset(self, name: str) -> dict[str, Any]:
        """Return the preset of a deck."""
        found: dict[str, Any] = self.col.decks.config_dict_for_deck_id(self.deck(name)["id"])
        return found

    def note_type(self, name: str) -> dict[str, Any]:
        """Return a note type as Anki has it."""
        found: dict[str, Any] = self.col.models.by_name(name)
        return found

    def media(self) -> dict[str, bytes]:
        """Return the collection's media files, by name."""
        return {path.name: path.read_bytes() for path in Path(self.col.media.dir()).iterdir()}

    def healthy(self) -> bool:
        """Tell whether Check Database finds nothing, and Empty Cards nothing."""
        problems, ok = self.col.fix_integrity()
        return ok and "rebuilt" in problems.lower() and not self.col.get_empty_cards().notes


def words(html: str) -> str:
    """Return what a learner reads of a card's side: no styles, scripts or tags, white space as one blank."""
    without = re.sub(r"(?s)<(style|script)\b.*?</\1>|<[^>]*>", " ", html)
    return " ".join(unescape(without).split())
