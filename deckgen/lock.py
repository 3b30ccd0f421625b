"""The file `deck.lock`: what learners' Anki knows a deck's notes and note types by.

A text, one line for each note, sorted, so that it can be read in a diff and merged. `ledger` says what the entries are
for and makes new ones. docs/decisions/0010 has the format, and why the lines of both sides of a merge may stay.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from deckgen.diagnostics import Diagnostic, Span, error

if TYPE_CHECKING:
    from collections.abc import Iterable

VERSION = 2
"""Version 1 had neither places and texts nor an end; it is still read."""

KEY_LENGTH = 17
"""Characters of a key that is made from a question, without the number that tells copies apart: `~…`, `~…-2`."""

_HEAD = re.compile(r"deckgen-lock (\d{1,9})")
_ABOUT = "# What learners' Anki knows this deck's cards by. Written by `deckgen build`; keep it in version control."
_END = "end"
_CONFLICT = re.compile(r"(<<<<<<<|=======|>>>>>>>|\|\|\|\|\|\|\|)( .*)?")
_LINE = re.compile(
    r"(?P<state>note|gone) (?P<key>\S+) (?P<entry>[0-9a-f]{16} [0-9a-f]{16} \d+ \d+(?: ~[0-9a-f]+)?(?:\t.*)?)"
    r"|deck (?P<deck_id>[a-z0-9-]+) (?P<created>\d+) (?P<name>.+)"
    r"|home (?P<file>[^\t]*)\t(?P<home>.+)"
    r"|type (?P<id>\d+) (?P<hash>[0-9a-f]+) (?P<time>\d+) (?P<kind>normal|cloze) (?P<type_key>.+)"
    r"|(?P<part>field|template) (?P<owner>\d+) \d+ (?P<part_id>\d+) (?P<part_key>.+)"
)
_CHANGED = "0" * 16  # a hash that no content has
_RESTORE = "restore the file from version control; without it, cards that have no id may start anew"


class NoteEntry(NamedTuple):
    """What the lock says of a note.

    `kind` is the id of its note type; `asks` the key of what it asks; `file` where it stands, from the deck's folder.
    Notes without an id have their `question` and `answer` too, by which they are known again when reworded.
    """

    guid: str
    hash: str
    time: int
    kind: int
    asks: str = ""
    file: str = ""
    question: str = ""
    answer: str = ""

    @classmethod
    def parse(cls, entry: str) -> NoteEntry:
        """Read an entry as it stands behind the key."""
        numbers, *texts = entry.split("\t")
        guid, digest, time, kind, *asks = numbers.split(" ")
        return cls(guid, digest, int(time), int(kind), asks[0] if asks else "", *texts[:3])

    def __str__(self) -> str:
        numbers = f"{self.guid} {self.hash} {self.time} {self.kind}{self.asks and ' '}{self.asks}\t{self.file}"
        return f"{numbers}\t{self.question}\t{self.answer}" if self.question or self.answer else numbers


@dataclass(slots=True)
class TypeEntry:
    """A note type: its id, content hash, time and kind; ids and keys of fields and templates in order."""

    id: int
    hash: str
    time: int
    kind: str
    fields: list[tuple[int, str]] = field(default_factory=list)
    templates: list[tuple[int, str]] = field(default_factory=list)


@dataclass(slots=True)
class Lock:
    """The contents of a lock. A note's entry stays the text it was read as: there may be 100,000.

    notes, gone: note key -> `NoteEntry` as text. types: note type key -> its entry. homes: topic file -> the deck that
    its cards go to, where there are subdecks. shared: guid -> the keys that a merge has left it with, and their lines.
    """

    deck_id: str = ""
    created: int = 0
    name: str = ""
    notes: dict[str, str] = field(default_factory=dict)
    gone: dict[str, str] = field(default_factory=dict)
    types: dict[str, TypeEntry] = field(default_factory=dict)
    homes: dict[str, str] = field(default_factory=dict)
    shared: dict[str, dict[str, int]] = field(default_factory=dict)

    def newest(self) -> int:
        """Return the latest time that the lock has given out, 0 if none."""
        notes = (int(entry.split(" ", 3)[2]) for entries in (self.notes, self.gone) for entry in entries.values())
        return max(self.created, *(t.time for t in self.types.values()), *notes, 0)


def read(file: str, text: str) -> tuple[Lock, list[Diagnostic]]:
    """Read a lock. With a problem nothing is read, and it must not be written over."""
    lock = Lock()
    lines = text.split("\n")
    version, problem = _version(file, text, lines)
    if problem:
        return Lock(), [problem]
    for number, line in enumerate(lines[1:], 2):
        if not line or line.startswith("#") or line in (_END, lines[0]):
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            at = Span(file, number, 1, max(1, len(line)))
            return Lock(), [error(at, "lock-broken", "this line of the lock cannot be read", _RESTORE)]
        if slip := _take(lock, found):
            return Lock(), [error(Span(file, number, 1, len(line)), *slip)]
    if not lock.created or not text.endswith("\n") or (version > 1 and _END not in lines):
        at = Span(file, len(lines), 1)
        return Lock(), [error(at, "lock-broken", "the lock breaks off; its end is missing", _RESTORE)]
    _settle(lock, lines)
    return lock, []


def _version(file: str, text: str, lines: list[str]) -> tuple[int, Diagnostic | None]:
    """Return the version of the format, or why this cannot be read at all."""
    if "<<<<<<<" in text or "=======" in text or ">>>>>>>" in text:
        for number, line in enumerate(lines, 1):
            if _CONFLICT.fullmatch(line):
                help_ = "keep the lines of both sides, delete the marks, and build again"
                at = Span(file, number, 1, len(line))
                return 0, error(at, "lock-conflict", "the lock holds marks of a merge conflict", help_)
    found = _HEAD.fullmatch(lines[0])
    if found is None:
        return 0, error(Span(file, 1, 1), "lock-broken", "this is not a deckgen lock", _RESTORE)
    if int(found[1]) > VERSION:
        return 0, error(Span(file, 1, 1), "lock-newer", "the lock was written by a newer deckgen", "upgrade deckgen")
    return int(found[1]), None


def _take(lock: Lock, found: re.Match[str]) -> tuple[str, str, str] | None:
    """Take a line into the lock; return what is wrong with it: code, message and help."""
    if found["state"]:
        entries, key, entry = lock.notes if found["state"] == "note" else lock.gone, found["key"], found["entry"]
        entries[key] = _merged(entries[key], entry) if key in entries else entry
    elif found["id"]:
        made = TypeEntry(int(found["id"]), found["hash"], int(found["time"]), found["kind"])
        other = lock.types.setdefault(found["type_key"], made)
        if other is not made:  # two branches changed it: what learners have is neither, or either
            other.hash = other.hash if other.hash == made.hash else _CHANGED
            other.time = max(other.time, made.time)
    elif found["part"]:
        owner = next((t for t in lock.types.values() if t.id == int(found["owner"])), None)
        if owner is None:
            return "lock-broken", "this line belongs to a note type that the lock does not have", _RESTORE
        parts, part = owner.fields if found["part"] == "field" else owner.templates, int(found["part_id"])
        if (part, found["part_key"]) not in parts:
            parts.append((part, found["part_key"]))
    elif found["file"] is not None:
        lock.homes[found["file"]] = found["home"]
    else:
        if lock.name and (lock.deck_id, lock.name) != (found["deck_id"], found["name"]):
            help_ = "keep the line with the name and the id that learners have"
            return "lock-conflict", "the lock has two lines that begin with 'deck'", help_
        created = int(found["created"])
        lock.deck_id, lock.name, lock.created = found["deck_id"], found["name"], min(lock.created or created, created)
    return None


def _merged(one: str, other: str) -> str:
    """Join the entries of two branches for one note: if they differ it counts as changed, after the later of both."""
    if one == other:
        return one
    first, second = NoteEntry.parse(one), NoteEntry.parse(other)
    digest = first.hash if first.hash == second.hash else _CHANGED
    return str(first._replace(hash=digest, time=max(first.time, second.time)))


def _settle(lock: Lock, lines: list[str]) -> None:
    """Settle what a merge of two branches leaves open: a note that one deleted, or that both gave another key."""
    for key in lock.notes.keys() & lock.gone.keys():
        lock.notes[key] = _merged(lock.notes[key], lock.gone.pop(key))
    entries = lock.notes | lock.gone
    if len({entry[:16] for entry in entries.values()}) == len(entries):
        return
    by_guid: dict[str, list[str]] = {}
    for key, entry in entries.items():
        by_guid.setdefault(entry[:16], []).append(key)
    numbers = {line.split(" ", 2)[1]: n for n, line in enumerate(lines, 1) if line.startswith(("note ", "gone "))}
    for guid, keys in by_guid.items():
        if len(keys) > 1:
            lock.shared[guid] = {key: numbers[key] for key in keys}
            latest = max(int(entries[key].split(" ", 3)[2]) for key in keys)
            for key in keys:
                old = lock.notes if key in lock.notes else lock.gone
                old[key] = str(NoteEntry.parse(old[key])._replace(hash=_CHANGED, time=latest))


def text_of(lock: Lock) -> Iterable[str]:
    """Yield the lines of a lock, sorted within each kind."""
    yield f"deckgen-lock {VERSION}\n{_ABOUT}\n"
    yield f"deck {lock.deck_id} {lock.created} {lock.name}\n"
    for file, home in sorted(lock.homes.items()):
        yield f"home {file}\t{home}\n"
    for key, entry in sorted(lock.types.items()):
        yield f"type {entry.id} {entry.hash} {entry.time} {entry.kind} {key}\n"
        for part, members in (("field", entry.fields), ("template", entry.templates)):
            for number, (identity, name) in enumerate(members, 1):
                yield f"{part} {entry.id} {number} {identity} {name}\n"
    for key in sorted(lock.notes):
        yield f"note {key} {lock.notes[key]}\n"
    for key in sorted(lock.gone):
        yield f"gone {key} {lock.gone[key]}\n"
    yield f"{_END}\n"
