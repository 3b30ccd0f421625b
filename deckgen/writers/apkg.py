"""Anki packages. genanki gives the database's schema and the note types' JSON; the rest is done here, safely.

What genanki does not do (each was seen to cost people reviews or packages, see docs/explanation/anki.md): give each
note its own guid and time, make exactly Anki's cards, number new cards, write beside the target and rename, and
give the same bytes for the same deck.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import unicodedata
import zipfile
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from deckgen.model import Kind
from deckgen.template.cards import renders
from deckgen.template.parsing import parse
from deckgen.writers.preset import preset_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from deckgen.ledger import Stamp
    from deckgen.lock import TypeEntry
    from deckgen.model import NoteType, Options
    from deckgen.render.media import MediaFile

_BATCH = 1000
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can hold


class Row(NamedTuple):
    """A rendered note, as Anki stores it: its fields are one text with U+001F between them.

    `cards` are ordinals from 0, `position` is its place among new cards.
    """

    type_id: int
    stamp: Stamp
    fields: str
    tags: tuple[str, ...]
    cards: tuple[int, ...]
    deck: str
    position: int


@dataclass(frozen=True, slots=True)
class DeckHead:
    """What a package says of its decks besides notes. `created` is in seconds since 1970."""

    name: str
    description: str
    options: Options
    created: int


class CollectionWriter:
    """Streams notes into the SQLite collection of a package, in a file of its own."""

    def __init__(self, path: Path, head: DeckHead) -> None:
        self._path = path
        self._head = head
        self._db = sqlite3.connect(path, isolation_level=None)
        self._tables, self._indexes = _genanki().apkg_schema.APKG_SCHEMA.split("CREATE INDEX", 1)
        # Nobody sees this file before it is whole, so it needs no journal of its own.
        self._db.executescript(
            f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA page_size=4096; {self._tables}"
        )
        self._db.executescript(_genanki().apkg_col.APKG_COL)
        self._db.execute("BEGIN")
        self._notes: list[tuple[object, ...]] = []
        self._cards: list[tuple[object, ...]] = []
        self._next_id = head.created * 1000
        self._decks: dict[str, int] = {}
        self._deck(head.name)

    def add(self, row: Row) -> None:
        """Add a note and its cards. Anki works out the sort field and the checksum itself when it imports."""
        self._next_id += 1
        note_id = self._next_id
        tags = f" {' '.join(row.tags)} " if row.tags else ""
        stamp = row.stamp
        first = row.fields.partition("\x1f")[0]
        self._notes.append((note_id, stamp.guid, row.type_id, stamp.time, tags, row.fields, first))
        deck_id = self._deck(row.deck)
        for ordinal in row.cards:
            self._next_id += 1
            self._cards.append((self._next_id, note_id, deck_id, ordinal, stamp.time, row.position))
        if len(self._notes) >= _BATCH:
            self._flush()

    def finish(self, types: Iterable[tuple[NoteType, TypeEntry]]) -> None:
        """Write what is left: note types, decks, preset, indexes."""
        self._flush()
        models = {str(stamp.id): _model(note_type, stamp, self._decks[self._head.name]) for note_type, stamp in types}
        preset = preset_json(self._head.name, self._head.options, self._decks[self._head.name])
        decks = {"1": _deck_json(1, "Default", "", 1)}
        for name, deck_id in self._decks.items():
            description = self._head.description if name == self._head.name else ""
            decks[str(deck_id)] = _deck_json(deck_id, name, description, preset["id"])
        (presets,) = self._db.execute("SELECT dconf FROM col").fetchone()
        (conf,) = self._db.execute("SELECT conf FROM col").fetchone()
        self._db.execute(
            "UPDATE col SET id=1, crt=?, mod=?, scm=?, conf=?, models=?, decks=?, dconf=?",
            (
                self._head.created,
                self._head.created * 1000,
                self._head.created * 1000,
                _json(json.loads(conf)),
                _json(models),
                _json(decks),
                _json({**json.loads(presets), str(preset["id"]): preset}),
            ),
        )
        self._db.execute("COMMIT")
        self._db.executescript("CREATE INDEX" + self._indexes)
        self._db.close()
        _forget_version(self._path)

    def close(self) -> None:
        """Let go of the file, finished or not."""
        self._db.close()

    def _flush(self) -> None:
        self._db.executemany("INSERT INTO notes VALUES(?,?,?,?,-1,?,?,?,0,0,'')", self._notes)
        self._db.executemany("INSERT INTO cards VALUES(?,?,?,?,?,-1,0,0,?,0,0,0,0,0,0,0,0,'')", self._cards)
        self._notes.clear()
        self._cards.clear()

    def _deck(self, name: str) -> int:
        found = self._decks.get(name)
        if found is None:
            # Anki matches decks by name and drops this number; it must only not be 0 or 1.
            found = self._decks[name] = 2**40 + int.from_bytes(sha256(name.casefold().encode()).digest()[:5])
        return found


def write_package(target: Path, collection: Path, media: Iterable[MediaFile]) -> None:
    """Zip a finished collection and its media into `target`. Raises OSError."""
    files = sorted(media, key=lambda m: m.name)
    with zipfile.ZipFile(target, "w") as package:
        _store(package, "collection.anki2", collection, level=1)
        package.writestr(_entry("media"), _json({str(n): m.name for n, m in enumerate(files)}))
        for number, file in enumerate(files):
            _store(package, str(number), file.path)


def _store(package: zipfile.ZipFile, name: str, path: Path, level: int | None = None) -> None:
    """Copy a file into the package: deflated if a level is given; pictures and sound do not get smaller."""
    entry = _entry(name)
    entry.file_size = path.stat().st_size
    if level is not None:
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry._compresslevel = level  # type: ignore[attr-defined]  # noqa: SLF001 - public only from Python 3.13 on
    with path.open("rb") as source, package.open(entry, "w") as stored:
        while block := source.read(1 << 20):
            stored.write(block)


def _entry(name: str) -> zipfile.ZipInfo:
    """Make an entry that is the same on every machine."""
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.create_system = 3
    entry.external_attr = 0o644 << 16
    return entry


def _forget_version(path: Path) -> None:
    """Blank what SQLite's header says of the library and of the number of writes (fileformat.html, 1.3)."""
    with path.open("r+b") as file:
        file.seek(24)
        file.write((1).to_bytes(4))
        file.seek(92)
        file.write((1).to_bytes(4) + (3_040_000).to_bytes(4))


@lru_cache(maxsize=1)
def _genanki() -> Any:  # noqa: ANN401 - a module without types
    """Import genanki: only where a package is written, for it is slow to import.

    Most of that is the package cached_property, of which genanki needs the one class that Python has had since 3.8; it
    would import asyncio and ssl, a quarter of the time that building one note takes.
    """
    name = "cached_property"
    stands_in = name not in sys.modules
    if stands_in:
        sys.modules[name] = ModuleType(name)
        sys.modules[name].cached_property = cached_property  # type: ignore[attr-defined]
    try:
        import genanki  # noqa: PLC0415
    finally:
        if stands_in:
            del sys.modules[name]
    return genanki


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _model(note_type: NoteType, stamp: TypeEntry, deck_id: int) -> dict[str, Any]:
    model_class = _genanki().Model
    model = model_class(
        stamp.id,
        unicodedata.normalize("NFC", note_type.name),
        fields=[
            {
                "name": f.name,
                "id": number,
                "tag": f.role,
                "preventDeletion": f.role is not None and f.role < 4,
            }
            for f, (number, _) in zip(note_type.fields, stamp.fields, strict=True)
        ],
        templates=[
            {"name": t.name, "id": number, "qfmt": t.front, "afmt": t.back}
            for t, (number, _) in zip(note_type.templates, stamp.templates, strict=True)
        ],
        css=note_type.css,
        model_type=model_class.CLOZE if note_type.kind is Kind.CLOZE else model_class.FRONT_BACK,
    )
    model._req = _requirements(note_type)  # noqa: SLF001 - genanki's own fails on many templates
    made: dict[str, Any] = model.to_json(stamp.time, deck_id)
    if any(f.role is not None for f in note_type.fields):
        made["originalStockKind"] = 6  # what makes Anki's editor treat it as image occlusion
    return made


def _requirements(note_type: NoteType) -> list[list[object]]:
    """Return which fields each template needs, as clients before Anki 2.1.28 want to know."""
    names = note_type.field_names()
    rows: list[list[object]] = []
    for number, template in enumerate(note_type.templates):
        parts, _ = parse(template.front)
        alone = [n for n, name in enumerate(names) if renders(parts, frozenset([name]))]
        needed = [n for n, name in enumerate(names) if not renders(parts, frozenset(names) - {name})]
        rows.append([number, "any", alone] if alone else [number, "all", needed] if needed else [number, "none", []])
    return rows


def _deck_json(deck_id: int, name: str, description: str, preset: int) -> dict[str, Any]:
    made: dict[str, Any] = _genanki().Deck(deck_id, name, description).to_json()
    return {
        **made,
        "conf": preset,
        "mod": 0,
        "extendRev": 0,
        **{counter: [0, 0] for counter in ("lrnToday", "newToday", "revToday", "timeToday")},
    }
