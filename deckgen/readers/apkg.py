"""Anki packages as plain values: what a learner's Anki finds in one. Reads what deckgen, genanki and Anki itself write.

Packages in Anki's newer format (`collection.anki21b`, since 2.1.50, only where the exporter has ticked no support for
older versions) are told apart and refused.
"""

from __future__ import annotations

import json
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_COLLECTIONS = ("collection.anki21", "collection.anki2")
"""Where notes are, in Anki's order of preference."""

_MAX_BYTES = 4 * 1024**3


class PackageError(Exception):
    """A file that cannot be read as a package; says why, and what to do."""

    def __init__(self, message: str, help: str) -> None:  # noqa: A002
        super().__init__(message)
        self.help = help


@dataclass(frozen=True, slots=True)
class PackedNote:
    """A note: `fields` are HTML, `time` is in seconds since 1970, `cards` are ordinals, `deck` is the first card's."""

    guid: str
    type_id: int
    time: int
    fields: tuple[str, ...]
    tags: tuple[str, ...]
    deck: str
    cards: frozenset[int]


@dataclass(frozen=True, slots=True)
class PackedType:
    """A note type. Fields and templates are in order, each with its id (0 if it has none) and its name."""

    id: int
    name: str
    is_cloze: bool
    time: int
    fields: tuple[tuple[int, str], ...]
    templates: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Package:
    """What a package holds. media: name -> what tells two contents apart. decks: those with cards in them."""

    name: str
    notes: Mapping[str, PackedNote] = field(default_factory=dict)
    types: Mapping[int, PackedType] = field(default_factory=dict)
    media: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def decks(self) -> frozenset[str]:
        """Return the names of the decks that hold cards."""
        return frozenset(note.deck for note in self.notes.values())


def read_package(path: Path, name: str = "") -> Package:
    """Read a package. `name` is what to call it. Raises PackageError, OSError."""
    try:
        with zipfile.ZipFile(path) as packed, TemporaryDirectory(prefix="deckgen-") as folder:
            if "collection.anki21b" in packed.namelist():
                help_ = "export it from Anki once more, with 'Support older Anki versions' ticked"
                raise PackageError("this package is in Anki's newer format", help_)
            collection = _extract(packed, folder)
            media = _media(packed)
            with closing(sqlite3.connect(collection)) as database:
                return _read(database, name or str(path), media)
    except (zipfile.BadZipFile, sqlite3.DatabaseError, ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise PackageError(
            "this is not an Anki package, or it is broken", "build it anew, or download it once more"
        ) from wrong


def _extract(packed: zipfile.ZipFile, folder: str) -> str:
    name = next(name for name in (*_COLLECTIONS, "") if name in packed.namelist() or not name)
    if not name or packed.getinfo(name).file_size > _MAX_BYTES:
        raise PackageError("this is not an Anki package", "name an .apkg file")
    return packed.extract(name, folder)


def _media(packed: zipfile.ZipFile) -> dict[str, tuple[int, int]]:
    """Return what tells the contents of media apart: checksum and size, which the zip has."""
    if "media" not in packed.namelist():
        return {}
    names: dict[str, str] = json.loads(packed.read("media") or b"{}")
    there = {info.filename: (info.CRC, info.file_size) for info in packed.infolist()}
    return {name: there[number] for number, name in names.items() if number in there}


def _read(database: sqlite3.Connection, name: str, media: dict[str, tuple[int, int]]) -> Package:
    models, decks = (json.loads(text) for text in database.execute("SELECT models, decks FROM col").fetchone())
    deck_names = {int(key): deck["name"] for key, deck in decks.items()}
    cards: dict[int, tuple[int, list[int]]] = {}
    for note_id, deck_id, ordinal in database.execute("SELECT nid, did, ord FROM cards ORDER BY nid, ord"):
        cards.setdefault(note_id, (deck_id, []))[1].append(ordinal)
    notes = {}
    for note_id, guid, type_id, time, tags, fields in database.execute(
        "SELECT id, guid, mid, mod, tags, flds FROM notes"
    ):
        deck_id, ordinals = cards.get(note_id, (0, []))
        texts, words = tuple(fields.split("\x1f")), tuple(tags.split())
        home = deck_names.get(deck_id, "")
        notes[guid] = PackedNote(guid, type_id, time, texts, words, home, frozenset(ordinals))
    return Package(name, notes, {kind.id: kind for kind in map(_type, models.values())}, media)


def _type(model: dict[str, Any]) -> PackedType:
    fields, templates = (tuple((part.get("id") or 0, part["name"]) for part in model[key]) for key in ("flds", "tmpls"))
    return PackedType(int(model["id"]), model["name"], model.get("type") == 1, model.get("mod", 0), fields, templates)
