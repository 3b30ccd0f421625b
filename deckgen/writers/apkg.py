"""Anki packages. genanki gives the database's schema and the note types' JSON; the rest is done here, safely.

What genanki does not do (each was seen to cost people reviews or packages, see docs/explanation/anki.md): give each
note its own guid and time, make exactly Anki's cards, number new cards, write beside the target and rename, and
give the same bytes for the same deck.
"""

from __future__ import annotations

import json
import re
import sqlite3
import unicodedata
import zipfile
from dataclasses import dataclass
from hashlib import sha1, sha256
from html import unescape
from typing import TYPE_CHECKING, Any

from deckgen.model import Kind
from deckgen.template import parse, renders

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from deckgen.lock import Stamp, TypeStamp
    from deckgen.model import NoteType, Options
    from deckgen.render.media import MediaFile

_BATCH = 1000
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can hold
_TAGS = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Row:
    """A rendered note: what Anki stores of it. `cards` are ordinals from 0, `position` is its place among new cards."""

    type_id: int
    stamp: Stamp
    fields: list[str]
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
        from genanki.apkg_col import APKG_COL  # noqa: PLC0415 - genanki is slow to import
        from genanki.apkg_schema import APKG_SCHEMA  # noqa: PLC0415

        self._path = path
        self._head = head
        self._db = sqlite3.connect(path, isolation_level=None)
        self._tables, self._indexes = APKG_SCHEMA.split("CREATE INDEX", 1)
        # Nobody sees this file before it is whole, so it needs no journal of its own.
        self._db.executescript(
            f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA page_size=4096; {self._tables}"
        )
        self._db.executescript(APKG_COL)
        self._db.execute("BEGIN")
        self._notes: list[tuple[object, ...]] = []
        self._cards: list[tuple[object, ...]] = []
        self._next_id = head.created * 1000
        self._decks: dict[str, int] = {}
        self._deck(head.name)

    def add(self, row: Row) -> None:
        """Add a note and its cards."""
        self._next_id += 1
        note_id = self._next_id
        tags = f" {' '.join(row.tags)} " if row.tags else ""
        sort = _sort_text(row.fields[0])
        stamp = row.stamp
        self._notes.append(
            (
                note_id,
                stamp.guid,
                row.type_id,
                stamp.time,
                -1,
                tags,
                "\x1f".join(row.fields),
                sort,
                _checksum(sort),
                0,
                "",
            )
        )
        deck_id = self._deck(row.deck)
        for ordinal in row.cards:
            self._next_id += 1
            self._cards.append((self._next_id, note_id, deck_id, ordinal, stamp.time, row.position))
        if len(self._notes) >= _BATCH:
            self._flush()

    def finish(self, types: Iterable[tuple[NoteType, TypeStamp]]) -> None:
        """Write what is left: note types, decks, preset, indexes."""
        self._flush()
        models = {str(stamp.id): _model(note_type, stamp, self._decks[self._head.name]) for note_type, stamp in types}
        preset = _preset(self._head, self._decks[self._head.name])
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
        self._db.executemany("INSERT INTO notes VALUES(?,?,?,?,?,?,?,?,?,?,?)", self._notes)
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


def _sort_text(html: str) -> str:
    """Return a field's text without tags, as Anki sorts by it."""
    if "<" in html:
        html = _TAGS.sub("", html)
    return unescape(html) if "&" in html else html


def _checksum(text: str) -> int:
    """Return the number by which Anki finds notes with the same first field."""
    return int.from_bytes(sha1(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest()[:4])


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _model(note_type: NoteType, stamp: TypeStamp, deck_id: int) -> dict[str, Any]:
    from genanki.model import Model  # noqa: PLC0415

    model = Model(
        stamp.id,
        unicodedata.normalize("NFC", note_type.name),
        fields=[
            {
                "name": f.name,
                "id": number,
                "tag": f.role,
                "preventDeletion": f.role is not None and f.role < 4,
            }
            for f, number in zip(note_type.fields, stamp.field_ids, strict=True)
        ],
        templates=[
            {"name": t.name, "id": number, "qfmt": t.front, "afmt": t.back}
            for t, number in zip(note_type.templates, stamp.template_ids, strict=True)
        ],
        css=note_type.css,
        model_type=Model.CLOZE if note_type.kind is Kind.CLOZE else Model.FRONT_BACK,
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
    from genanki.deck import Deck  # noqa: PLC0415

    made: dict[str, Any] = Deck(deck_id, name, description).to_json()
    return {
        **made,
        "conf": preset,
        "mod": 0,
        "extendRev": 0,
        **{counter: [0, 0] for counter in ("lrnToday", "newToday", "revToday", "timeToday")},
    }


_MINUTES = {"s": 1 / 60, "m": 1, "h": 60, "d": 1440}


def _preset(head: DeckHead, deck_id: int) -> dict[str, Any]:
    """Return the deck's preset, or Anki's default (id 1) where the author has set no option."""
    options = head.options
    given = {name: value for name in options.__slots__ if (value := getattr(options, name)) is not None}
    preset: dict[str, Any] = {
        "id": deck_id if given else 1,
        "name": head.name if given else "Default",
        "mod": 0,
        "usn": 0,
        "maxTaken": 60,
        "autoplay": True,
        "timer": 0,
        "replayq": True,
        "dyn": False,
        "new": {
            "bury": False,
            "delays": [1.0, 10.0],
            "initialFactor": 2500,
            "ints": [1, 4, 0],
            "order": 1,
            "perDay": 20,
        },
        "rev": {
            "bury": False,
            "ease4": 1.3,
            "ivlFct": 1.0,
            "maxIvl": 36500,
            "perDay": 200,
            "hardFactor": 1.2,
        },
        "lapse": {"delays": [10.0], "leechAction": 1, "leechFails": 8, "minInt": 1, "mult": 0.0},
        "desiredRetention": given.get("desired_retention", 0.9),
    }
    new, rev, lapse = preset["new"], preset["rev"], preset["lapse"]
    new["perDay"] = given.get("new_per_day", new["perDay"])
    rev["perDay"] = given.get("reviews_per_day", rev["perDay"])
    rev["maxIvl"] = given.get("maximum_interval", rev["maxIvl"])
    new["delays"] = _minutes(given.get("learning_steps")) or new["delays"]
    lapse["delays"] = _minutes(given.get("relearning_steps")) or lapse["delays"]
    new["bury"] = rev["bury"] = preset["buryInterdayLearning"] = given.get("bury_siblings", False)
    return preset


def _minutes(steps: tuple[str, ...] | None) -> list[float]:
    return [float(step[:-1]) * _MINUTES[step[-1]] for step in steps or ()]
