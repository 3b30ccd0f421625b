"""The file `deck.lock`: what learners' Anki knows a deck's notes and note types by.

A text, one line for each note, sorted, so that it can be read in a diff and merged. `ledger` says what the entries are
for and makes new ones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deckgen.diagnostics import Diagnostic, Span, error

if TYPE_CHECKING:
    from collections.abc import Iterable

VERSION = 1
_HEAD = f"deckgen-lock {VERSION}"
_ABOUT = "# What learners' Anki knows this deck's cards by. Written by `deckgen build`; keep it in version control."
_CONFLICT = re.compile(r"(<<<<<<<|=======|>>>>>>>|\|\|\|\|\|\|\|)( .*)?")
_LINE = re.compile(
    r"deck (?P<deck_id>[a-z0-9-]+) (?P<created>\d+) (?P<name>.+)"
    r"|type (?P<id>\d+) (?P<hash>[0-9a-f]+) (?P<time>\d+) (?P<kind>normal|cloze) (?P<type_key>.+)"
    r"|(?P<part>field|template) (?P<owner>\d+) \d+ (?P<part_id>\d+) (?P<part_key>.+)"
    r"|(?P<state>note|gone) (?P<key>\S+) (?P<entry>[0-9a-f]+ [0-9a-f]+ \d+ \d+)"
)
_CHANGED = "0" * 16  # a hash that no content has
_RESTORE = "restore the file from version control; without it, cards that have no id may start anew"


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

    notes, gone: note key -> `guid hash time type-id`. types: note type key -> its entry.
    """

    deck_id: str = ""
    created: int = 0
    name: str = ""
    notes: dict[str, str] = field(default_factory=dict)
    gone: dict[str, str] = field(default_factory=dict)
    types: dict[str, TypeEntry] = field(default_factory=dict)


def read(file: str, text: str) -> tuple[Lock, list[Diagnostic]]:
    """Read a lock. With a problem it must not be written over."""
    lock = Lock()
    lines = text.split("\n")
    if problem := _head_problem(file, lines):
        return lock, [problem]
    for number, line in enumerate(lines[1:], 2):
        if line and not line.startswith("#") and not _read_line(lock, line):
            at = Span(file, number, 1, max(1, len(line)))
            return lock, [error(at, "lock-broken", "this line of the lock cannot be read", _RESTORE)]
    if not lock.created or not text.endswith("\n"):
        at = Span(file, len(lines), 1)
        return lock, [error(at, "lock-broken", "the lock breaks off; its end is missing", _RESTORE)]
    if len({entry[:16] for entry in lock.notes.values()}) < len(lock.notes):
        message = "two cards have one guid in the lock, so that Anki would take them for one"
        return lock, [error(Span(file, _second_of_one_guid(lines), 1), "lock-broken", message, _RESTORE)]
    return lock, []


def _second_of_one_guid(lines: list[str]) -> int:
    seen: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if line.startswith("note "):
            _, key, guid, *_ = line.split(" ")
            if seen.setdefault(guid, key) != key:
                return number
    return 1


def _head_problem(file: str, lines: list[str]) -> Diagnostic | None:
    for number, line in enumerate(lines, 1):
        if _CONFLICT.fullmatch(line):
            help_ = "keep the lines of both sides, delete the marks, and build again"
            return error(Span(file, number, 1), "lock-conflict", "the lock holds marks of a merge conflict", help_)
    if lines[0] == _HEAD:
        return None
    version = re.fullmatch(r"deckgen-lock (\d+)", lines[0])
    if version and int(version[1]) > VERSION:
        return error(Span(file, 1, 1), "lock-newer", "the lock was written by a newer deckgen", "upgrade deckgen")
    return error(Span(file, 1, 1), "lock-broken", "this is not a deckgen lock", _RESTORE)


def _read_line(lock: Lock, line: str) -> bool:
    found = _LINE.fullmatch(line)
    if found is None:
        return False
    if found["state"]:
        entries, key, entry = lock.notes if found["state"] == "note" else lock.gone, found["key"], found["entry"]
        entries[key] = _merged(entries[key], entry) if entries.get(key, entry) != entry else entry
    elif found["id"]:
        made = TypeEntry(int(found["id"]), found["hash"], int(found["time"]), found["kind"])
        other = lock.types.get(found["type_key"])
        if other:  # two branches changed it: what learners have is neither, or either
            made = TypeEntry(other.id, _CHANGED, max(other.time, made.time), made.kind)
        lock.types[found["type_key"]] = made
    elif found["part"]:
        owner = next((t for t in lock.types.values() if t.id == int(found["owner"])), None)
        if owner is None:
            return False
        parts, part = owner.fields if found["part"] == "field" else owner.templates, int(found["part_id"])
        if (part, found["part_key"]) not in parts:
            parts.append((part, found["part_key"]))
    else:
        lock.deck_id, lock.created, lock.name = found["deck_id"], int(found["created"]), found["name"]
    return True


def _merged(one: str, other: str) -> str:
    """Join the lines of two branches for one note: it counts as changed, after the later of both."""
    guid, _, time, kind = one.split(" ")
    return f"{guid} {_CHANGED} {max(int(time), int(other.split(' ')[2]))} {kind}"


def text_of(lock: Lock) -> Iterable[str]:
    """Yield the lines of a lock, sorted within each kind."""
    yield f"{_HEAD}\n{_ABOUT}\n"
    yield f"deck {lock.deck_id} {lock.created} {lock.name}\n"
    for key, entry in sorted(lock.types.items()):
        yield f"type {entry.id} {entry.hash} {entry.time} {entry.kind} {key}\n"
        for part, members in (("field", entry.fields), ("template", entry.templates)):
            for number, (identity, name) in enumerate(members, 1):
                yield f"{part} {entry.id} {number} {identity} {name}\n"
    for key in sorted(lock.notes):
        yield f"note {key} {lock.notes[key]}\n"
    for key in sorted(lock.gone):
        yield f"gone {key} {lock.gone[key]}\n"
