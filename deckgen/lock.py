"""Identity and time: what learners' Anki knows a deck's notes and note types by, kept in `deck.lock`.

Anki updates a note only if its guid is the same and its modification time newer; an update replaces the learner's
edits. So a guid must never change, and a time only when the note did. Both are remembered here: a text file, one
line for each note, sorted, so that it can be read in a diff and merged.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import blake2b, sha256
from typing import TYPE_CHECKING, NamedTuple

from deckgen.diagnostics import Diagnostic, Span, error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deckgen.model import NoteType

VERSION = 1
_HEAD = f"deckgen-lock {VERSION}"
_ABOUT = "# What learners' Anki knows this deck's cards by. Written by `deckgen build`; keep it in version control."
_CONFLICT = re.compile(r"^(<<<<<<<|=======|>>>>>>>|\|\|\|\|\|\|\|)( |$)")
_LINE = re.compile(
    r"deck (?P<created>\d+) (?P<name>.+)"
    r"|type (?P<type>\d+) (?P<type_hash>[0-9a-f]+) (?P<type_time>\d+) (?P<type_key>.+)"
    r"|(?P<part>field|template) (?P<part_id>\d+) (?P<owner>\d+) (?P<part_key>.+)"
    r"|(?P<state>note|gone) (?P<key>\S+) (?P<entry>\S+ [0-9a-f]+ \d+)"
)


class Stamp(NamedTuple):
    """A note's guid and when it last changed (seconds since 1970)."""

    guid: str
    time: int


@dataclass(frozen=True, slots=True)
class TypeStamp:
    """A note type's id, its fields' and templates' ids in order, and when it last changed."""

    id: int
    time: int
    field_ids: tuple[int, ...]
    template_ids: tuple[int, ...]


@dataclass(slots=True)
class Lock:
    """The contents of a lock. Entries stay the texts they were read as: 100,000 objects would cost more than they help.

    notes, gone: note key -> `guid hash time`. types: note type key -> `id hash time`.
    parts: (`field` or `template`, id of the note type, key) -> id.
    """

    created: int = 0
    name: str = ""
    notes: dict[str, str] = field(default_factory=dict)
    gone: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    parts: dict[tuple[str, int, str], int] = field(default_factory=dict)


def read(file: str, text: str) -> tuple[Lock, list[Diagnostic]]:
    """Read a lock. With a problem it must not be written over."""
    lock = Lock()
    lines = text.split("\n")
    problems = _read_head(file, lines)
    if problems:
        return lock, problems
    for number, line in enumerate(lines[1:], 2):
        if not line or line.startswith("#"):
            continue
        if not _read_line(lock, line):
            return lock, [_broken(file, number, line)]
    if not lock.created:
        return lock, [
            error(
                Span(file, len(lines), 1),
                "lock-broken",
                "the lock has no line for the deck; its end may be missing",
                _RESTORE,
            )
        ]
    return lock, []


_RESTORE = "restore the file from version control; deleting it would give every card without an id a new start"


def _read_head(file: str, lines: list[str]) -> list[Diagnostic]:
    for number, line in enumerate(lines, 1):
        if _CONFLICT.match(line):
            return [
                error(
                    Span(file, number, 1),
                    "lock-conflict",
                    "the lock holds marks of a merge conflict",
                    "keep the lines of both sides, delete the marks, and build again",
                )
            ]
    if lines[0] != _HEAD:
        version = re.fullmatch(r"deckgen-lock (\d+)", lines[0])
        if version and int(version[1]) > VERSION:
            return [
                error(
                    Span(file, 1, 1),
                    "lock-newer",
                    "the lock was written by a newer deckgen",
                    "upgrade deckgen",
                )
            ]
        return [error(Span(file, 1, 1), "lock-broken", "this is not a deckgen lock", _RESTORE)]
    return []


def _read_line(lock: Lock, line: str) -> bool:
    found = _LINE.fullmatch(line)
    if found is None:
        return False
    if found["state"]:
        (lock.notes if found["state"] == "note" else lock.gone)[found["key"]] = found["entry"]
    elif found["type"]:
        lock.types[found["type_key"]] = f"{found['type']} {found['type_hash']} {found['type_time']}"
    elif found["part"]:
        lock.parts[found["part"], int(found["owner"]), found["part_key"]] = int(found["part_id"])
    else:
        lock.created, lock.name = int(found["created"]), found["name"]
    return True


def _broken(file: str, number: int, line: str) -> Diagnostic:
    return error(
        Span(file, number, 1, max(1, len(line))),
        "lock-broken",
        "this line of the lock cannot be read",
        _RESTORE,
    )


def text_of(lock: Lock) -> Iterable[str]:
    """Yield the lines of a lock, sorted within each kind."""
    yield f"{_HEAD}\n{_ABOUT}\n"
    yield f"deck {lock.created} {lock.name}\n"
    for key in sorted(lock.types):
        yield f"type {lock.types[key]} {key}\n"
    for part, owner, key in sorted(lock.parts):
        yield f"{part} {lock.parts[part, owner, key]} {owner} {key}\n"
    for key in sorted(lock.notes):
        yield f"note {key} {lock.notes[key]}\n"
    for key in sorted(lock.gone):
        yield f"gone {key} {lock.gone[key]}\n"


class Ledger:
    """Stamps what is being built, and ends as the next lock.

    `now` is the time of this build in seconds. It is used only for what changed, and never goes back behind what
    learners already have: then the time is one second after the last.
    """

    def __init__(self, old: Lock, deck_id: str, name: str, now: int) -> None:
        self._old = old
        self._deck_id = deck_id
        self._now = now
        self.new = Lock(created=old.created or now, name=name, gone=dict(old.gone))
        self.changed = 0
        self.added = 0
        self.gone = 0

    def note(self, key: str, content: str) -> Stamp:
        """Stamp a note. `key` is its id or, without one, derived; `content` is all that a learner gets."""
        digest = _digest(content)
        before = self._old.notes.get(key) or self._old.gone.get(key)
        if before is None:
            guid, time = guid_for(self._deck_id, key), self._now
            self.added += 1
        else:
            guid, old_digest, old_time = before.split(" ")
            time = int(old_time)
            if old_digest != digest:
                time = max(self._now, time + 1)
                self.changed += 1
            self.new.gone.pop(key, None)
        self.new.notes[key] = f"{guid} {digest} {time}"
        return Stamp(guid, time)

    def note_type(self, note_type: NoteType) -> TypeStamp:
        """Stamp a note type, with ids for its fields and templates that stay when their names change."""
        digest = _digest(repr(note_type))
        before = self._old.types.get(note_type.key)
        if before is None:
            identity, time = _number(self._deck_id, "type", note_type.key), self._now
        else:
            identity, time = int(before.split(" ")[0]), int(before.split(" ")[2])
            if before.split(" ")[1] != digest:
                time = max(self._now, time + 1)
        self.new.types[note_type.key] = f"{identity} {digest} {time}"
        fields = tuple(self._part("field", identity, f.key) for f in note_type.fields)
        templates = tuple(self._part("template", identity, t.key) for t in note_type.templates)
        return TypeStamp(identity, time, fields, templates)

    def _part(self, kind: str, owner: int, key: str) -> int:
        place = (kind, owner, key)
        self.new.parts[place] = self._old.parts.get(place) or _number(str(owner), kind, key)
        return self.new.parts[place]

    def close(self) -> Lock:
        """Return the next lock. Notes that are gone keep a line: should they come back, their time goes on from it."""
        for key, entry in self._old.notes.items():
            if key not in self.new.notes:
                self.new.gone[key] = entry
                self.gone += 1
        for key, entry in self._old.types.items():
            self.new.types.setdefault(key, entry)
        for place, identity in self._old.parts.items():
            self.new.parts.setdefault(place, identity)
        return self.new


def guid_for(deck_id: str, key: str) -> str:
    """Return the guid of a note: 64 bits of BLAKE2, which nobody's spreadsheet or shell takes for anything else."""
    return blake2b(f"{deck_id}\n{key}".encode(), digest_size=8).hexdigest()


def derived_key(*identity: str) -> str:
    """Return the key of a note without an id: from what it asks, white space aside."""
    text = "\x1f".join(" ".join(part.split()) for part in identity)
    return "~" + blake2b(text.encode(), digest_size=8).hexdigest()


def _digest(content: str) -> str:
    return blake2b(content.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _number(*identity: str) -> int:
    """Return an id in the range of Anki's own, which are milliseconds since 1970."""
    return 2**40 + int.from_bytes(sha256("\n".join(identity).encode()).digest()[:5])
