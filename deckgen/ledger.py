"""Identity and time: gives guids and times, and sees what learners' Anki could not follow.

Anki updates a note only if its guid is the same and its modification time newer; an update replaces the learner's
edits. So a guid must never change, and a time only when the note did. What the lock remembers wins; what it does not
know is derived, in the same way each time.
"""

from __future__ import annotations

from collections import Counter
from hashlib import blake2b, sha256
from typing import TYPE_CHECKING, NamedTuple

from deckgen.lock import Lock, TypeEntry

if TYPE_CHECKING:
    from deckgen.model import NoteType


class Stamp(NamedTuple):
    """A note's guid and when it last changed (seconds since 1970)."""

    guid: str
    time: int


class Break(NamedTuple):
    """A change that Anki cannot follow: what it is about (`deck` or a note type's key), and what comes of it."""

    about: str
    message: str
    help: str


class Ledger:
    """Stamps what is being built, and ends as the next lock.

    `old` is used up on the way: what is left of its notes at the end is gone from the deck.
    `now` is the time of this build in seconds. It is used only for what changed, and never goes back behind what
    learners already have: then the time is one second after the last.
    """

    def __init__(self, old: Lock, deck_id: str, name: str, now: int) -> None:
        self._old = old
        self._deck_id = deck_id
        self._now = now
        self._names = {entry.id: key for key, entry in old.types.items()}
        self._switched: Counter[tuple[str, str]] = Counter()
        self._new = Lock(deck_id, created=old.created or now, name=name, gone=dict(old.gone), types=dict(old.types))
        self._breaks: list[Break] = []
        self._of_ids = {entry[:16] for key, entry in old.notes.items() if not key.startswith("~")}
        self.changed = 0
        self.added = 0
        self.gone = 0

    @property
    def created(self) -> int:
        """Return when the deck was first built."""
        return self._new.created

    def note(self, key: str, question: str, content: str, kind: TypeEntry) -> Stamp:
        """Stamp a note. `key` is its id or, without one, `question`, which is derived from what it asks.

        `content` is all that a learner gets. A note that had no id and is given one stays who it is.
        """
        digest = _digest(content)
        if key in self._new.notes or f"{key}-2" in self._old.notes:
            key = self._copy(key, digest)
        before = self._old.notes.pop(key, None) or self._old.gone.get(key) or self._old.notes.pop(question, None)
        if before is None:
            guid, time = self._new_guid(key), self._now
            self.added += 1
        else:
            guid, old_digest, old_time, old_kind = before.split(" ")
            time = int(old_time)
            if old_digest != digest:
                time = max(self._now, time + 1)
                self.changed += 1
            if old_kind != str(kind.id):
                self._switched[self._names.get(int(old_kind), "another"), self._names[kind.id]] += 1
            self._new.gone.pop(key, None)
        self._new.notes[key] = f"{guid} {digest} {time} {kind.id}"
        if key != question:
            self._of_ids.add(guid)
        return Stamp(guid, time)

    def _new_guid(self, key: str) -> str:
        """Return a new note's guid; one that went from a question to an id is taken, whoever asks the same again."""
        guid = guid_for(self._deck_id, key)
        while key.startswith("~") and guid in self._of_ids:
            guid = guid_for(self._deck_id, guid)
        return guid

    def _copy(self, key: str, digest: str) -> str:
        """Tell apart notes without ids that ask the same: the one that did not change keeps its key, in any order."""
        number, free = 1, ""
        while True:
            copy = key if number == 1 else f"{key}-{number}"
            if copy not in self._new.notes:
                if copy not in self._old.notes:
                    return free or copy
                if self._old.notes[copy].split(" ")[1] == digest:
                    return copy
                free = free or copy
            number += 1

    def note_type(self, note_type: NoteType) -> TypeEntry:
        """Stamp a note type, with ids for its fields and templates that stay when their names change."""
        digest = _digest(_content_of(note_type))
        before = self._old.types.get(note_type.key)
        identity = before.id if before else _number(self._deck_id, "type", note_type.key)
        time = self._now if before is None else before.time
        if before and before.hash != digest:
            time = max(self._now, time + 1)
        entry = TypeEntry(identity, digest, time, note_type.kind)
        known = before or entry
        entry.fields = _numbered("field", identity, [f.key for f in note_type.fields], known.fields)
        entry.templates = _numbered("template", identity, [t.key for t in note_type.templates], known.templates)
        if before:
            self._compare(note_type, before, entry)
        self._names[identity] = note_type.key
        self._new.types[note_type.key] = entry
        return entry

    def _compare(self, note_type: NoteType, before: TypeEntry, now: TypeEntry) -> None:
        for what, old, new in (("fields", before.fields, now.fields), ("templates", before.templates, now.templates)):
            if old != new:
                had, has = ", ".join(key for _, key in old), ", ".join(key for _, key in new)
                message = f"the {what} of the note type '{note_type.name}' were: {had}; now they are: {has}"
                self._breaks.append(Break(note_type.key, message, _CONFLICTING))
        if before.kind != now.kind:
            message = f"the note type '{note_type.name}' was {before.kind} and is now {now.kind}"
            self._breaks.append(Break(note_type.key, message, _CONFLICTING))

    def breaks(self) -> list[Break]:
        """Return what learners' Anki could not follow. Ask when all notes are stamped."""
        found = list(self._breaks)
        if self._old.name and self._old.name.casefold() != self._new.name.casefold():
            message = f"the deck '{self._old.name}' is now called '{self._new.name}'"
            found.append(Break("deck", message, _RENAMED))
        for (old, new), count in self._switched.items():
            notes = "1 note has" if count == 1 else f"{count:,} notes have"
            found.append(Break(new, f"{notes} changed from the note type '{old}' to '{new}'", _CONFLICTING))
        return found

    def close(self) -> Lock:
        """Return the next lock. Notes that are gone keep a line: should they come back, their time goes on from it."""
        self.gone = len(self._old.notes)
        self._new.gone.update(self._old.notes)
        return self._new


_CONFLICTING = (
    "Anki would leave these notes as learners have them, now and at every later update; undo the change (a name alone "
    "may change if the id stays), or build with  --allow-breaking  and tell learners to tick 'merge note types'"
)
_RENAMED = (
    "learners would keep their cards in the old deck and get new ones in a second; undo it, or build with  "
    "--allow-breaking  and tell learners to rename their deck first"
)


def guid_for(deck_id: str, key: str) -> str:
    """Return the guid of a note: 64 bits of BLAKE2 in hexadecimal."""
    return blake2b(f"{deck_id}\n{key}".encode(), digest_size=8).hexdigest()


def derived_key(*identity: str) -> str:
    """Return the key of a note without an id: from what it asks, white space aside."""
    text = "\x1f".join(" ".join(part.split()) for part in identity)
    return "~" + blake2b(text.encode(), digest_size=8).hexdigest()


def _content_of(note_type: NoteType) -> str:
    """Return all that learners get of a note type, as one text."""
    sides = [text for t in note_type.templates for text in (t.key, t.name, t.front, t.back)]
    fields = [text for f in note_type.fields for text in (f.key, f.name)]
    return "\x1f".join([note_type.name, note_type.kind, *fields, "\x1e", *sides, "\x1e", note_type.css])


def _numbered(part: str, owner: int, keys: list[str], before: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Give each key an id: the one it had, or a new one."""
    known = {key: identity for identity, key in before}
    return [(known.get(key) or _number(str(owner), part, key), key) for key in keys]


def _digest(content: str) -> str:
    return blake2b(content.encode(), digest_size=8).hexdigest()


def _number(*identity: str) -> int:
    """Return an id in the range of Anki's own, which are milliseconds since 1970."""
    return 2**40 + int.from_bytes(sha256("\n".join(identity).encode()).digest()[:5])
