"""Identity and time: gives every note its guid and the time of its last change.

Anki updates a note only if its guid is the same and its modification time newer; an update replaces the learner's
edits. So a guid must never change, and a time only when the note did. What the lock remembers wins; what it does not
know is derived, in the same way each time.

A note that the lock knows by its key is stamped at once. Any other has to wait until the whole deck was seen: only then
is it known which notes have vanished, and which of them, if any, it was (`pairing`).
"""

from __future__ import annotations

from collections import Counter
from hashlib import blake2b, sha256
from typing import TYPE_CHECKING, NamedTuple

from deckgen.lock import KEY_LENGTH, Lock, NoteEntry, TypeEntry

if TYPE_CHECKING:
    from deckgen.model import NoteType
    from deckgen.pairing import Claim


class Stamp(NamedTuple):
    """A note's guid and when it last changed (seconds since 1970)."""

    guid: str
    time: int


class Kept(NamedTuple):
    """A note that was taken for a vanished one because it is like it, `likeness` of 1."""

    note: Claim
    old: NoteEntry
    likeness: float


class Ledger:
    """Stamps what is being built, and ends as the next lock.

    `old` is used up on the way: what is left of its notes at the end is gone from the deck. `now` is the time of this
    build in seconds. It is used only for what changed, and never goes back behind what learners already have: then the
    time is one second after the last. If `frozen`, keys follow the deck, and all else of the lock stays as it was.
    """

    def __init__(self, old: Lock, deck_id: str, name: str, now: int, *, frozen: bool = False) -> None:
        self._old = old
        self._deck_id = deck_id
        self._now = now
        self._frozen = frozen
        self._is_first = not old.notes and not old.gone
        self._waiting: list[tuple[Claim, int]] = []
        self._guids: set[str] = set()
        self._dropped: dict[str, int] = {}
        self._copies = _copies_in(old.notes)
        self._numbers: dict[str, int] = {}
        self.new = Lock(deck_id, old.created or now, name, gone=old.gone, types=dict(old.types))
        if frozen:
            self.new.name, self.new.homes = old.name or name, dict(old.homes)
        self.switched: Counter[tuple[int, int]] = Counter()
        """How many notes have gone from one note type to another, by the types' ids."""
        self.kept: list[Kept] = []
        self.moved: Counter[tuple[str, str]] = Counter()
        """How many notes stood in one file and now stand in another or the same, where the lock knows subdecks."""
        self.twice: list[int] = []
        """Lines of the lock that give a card of this deck the guid of another card of it."""
        self.added = self.changed = self.gone = 0

    def recognise(self, note: Claim, kind: int) -> Stamp | None:
        """Stamp a note of the type with the id `kind`; None means that it has to wait for `settle`."""
        if self._is_first:
            return self._add(note, kind)
        key = note.key if note.has_id else self._unchanged(note)
        if key in self._old.notes:
            return self._take(note, kind, key, self._old.notes.pop(key))
        if key in self.new.gone:
            return self._take(note, kind, key, self.new.gone.pop(key))
        if key in self._dropped:
            self.twice.append(self._dropped[key])
        self._waiting.append((note, kind))
        return None

    def at_home(self, note: Claim, deck: str) -> None:
        """Take down which deck the cards of a note's file go to."""
        if not self._frozen:
            self.new.homes[note.file] = deck

    def settle(self) -> list[Stamp]:
        """Stamp the notes that wait, in their order. To be asked when all notes were seen."""
        if not self._waiting:
            return []
        from deckgen.pairing import pair  # noqa: PLC0415 - most builds do without

        stamps: dict[int, Stamp] = {}
        found = pair(self._waiting, self._old.notes, self.new.gone)
        for number, match in sorted(found.items()):
            note, kind = self._waiting[number]
            entry = self._old.notes.pop(match.key, None) or self.new.gone.pop(match.key, None)
            if entry is None:
                continue  # another key of a guid that has just been given away
            if match.likeness < 1:
                self.kept.append(Kept(note, NoteEntry.parse(entry), match.likeness))
            stays = not note.has_id and match.key.startswith(note.asks)
            stamps[number] = self._take(note, kind, match.key if stays else self._free_key(note), entry)
        for number, (note, kind) in enumerate(self._waiting):
            if number not in stamps:
                stamps[number] = self._add(note, kind)
        return [stamps[number] for number in range(len(stamps))]

    def close(self) -> Lock:
        """Return the next lock. Notes that are gone keep a line: should they come back, their time goes on from it."""
        self.gone = len(self._old.notes)
        self.new.gone.update(self._old.notes)
        return self.new

    def _unchanged(self, note: Claim) -> str:
        """Return the key that the lock has for a note without an id that is just as it was; else nothing."""
        copies = self._copies.get(note.asks)
        if copies is None:
            entry = self._old.notes.get(note.asks, "")
            return note.asks if entry and entry[17:33] == _digest(note.content) else ""
        keys = copies.get(_digest(note.content), [])
        while keys:
            if (key := keys.pop()) in self._old.notes:
                return key
        return ""

    def _free_key(self, note: Claim) -> str:
        """Return a key for a note that is new in the lock, or has a new question."""
        if note.has_id:
            return note.key
        number = self._numbers.get(note.asks, 1)
        key = note.asks if number == 1 else f"{note.asks}-{number}"
        while key in self._old.notes or key in self.new.notes or key in self.new.gone:
            number += 1
            key = f"{note.asks}-{number}"
        self._numbers[note.asks] = number
        return key

    def _take(self, note: Claim, kind: int, key: str, entry: str) -> Stamp:
        """Stamp a note that is the one of an entry."""
        guid, old_digest, old_time, old_kind = entry.split("\t", 1)[0].split(" ")[:4]
        if int(old_kind) != kind:
            self.switched[int(old_kind), kind] += 1
        if self._old.homes:
            self.moved[NoteEntry.parse(entry).file, note.file] += 1
        if guid in self._old.shared:
            self._drop_others(guid, key)
        digest, time = _digest(note.content), int(old_time)
        if self._frozen:
            self.new.notes[key] = entry
            return Stamp(guid, time)
        if digest != old_digest:
            time = max(self._now, time + 1)
            self.changed += 1
        return self._enter(note, key, Stamp(guid, time), digest, kind)

    def _drop_others(self, guid: str, key: str) -> None:
        """Take the other keys of a guid off the lock: the note that has it has been found."""
        for other, line in self._old.shared.pop(guid).items():
            if other != key:
                self._dropped[other] = line
                self._old.notes.pop(other, None)
                self.new.gone.pop(other, None)

    def _add(self, note: Claim, kind: int) -> Stamp:
        """Stamp a new note. Its guid follows from its key, unless another note, of another key by now, has that."""
        self.added += 1
        key = self._free_key(note)
        guid = guid_for(self._deck_id, key)
        if not self._is_first:
            self._guids = self._guids or {
                entry[:16] for part in (self._old.notes, self.new.notes, self.new.gone) for entry in part.values()
            }
        while guid in self._guids:
            guid = guid_for(self._deck_id, guid)
        self._guids.add(guid)
        stamp = Stamp(guid, self._now)
        return stamp if self._frozen else self._enter(note, key, stamp, _digest(note.content), kind)

    def _enter(self, note: Claim, key: str, stamp: Stamp, digest: str, kind: int) -> Stamp:
        """Write a note's line."""
        asks = f" {note.asks}" if note.has_id else ""
        texts = "" if note.has_id else "\t" + "\t".join(note.texts)
        self.new.notes[key] = f"{stamp.guid} {digest} {stamp.time} {kind}{asks}\t{note.file}{texts}"
        return stamp

    def note_type(self, note_type: NoteType) -> TypeEntry:
        """Stamp a note type, with ids for its fields and templates that stay when their names change."""
        before = self._old.types.get(note_type.key)
        if before and self._frozen:
            return before
        digest = _digest(_content_of(note_type))
        identity = before.id if before else _number(self._deck_id, "type", note_type.key)
        time = self._now if before is None else before.time
        if before and before.hash != digest:
            time = max(self._now, time + 1)
        entry = TypeEntry(identity, digest, time, note_type.kind)
        known = before or entry
        entry.fields = _numbered("field", identity, [f.key for f in note_type.fields], known.fields)
        entry.templates = _numbered("template", identity, [t.key for t in note_type.templates], known.templates)
        if not self._frozen:
            self.new.types[note_type.key] = entry
        return entry


def _copies_in(notes: dict[str, str]) -> dict[str, dict[str, list[str]]]:
    """Return the keys of notes without ids that ask the same (`~…`, `~…-2`, `~…-3`), by question and content hash."""
    found: dict[str, dict[str, list[str]]] = {
        key[:KEY_LENGTH]: {} for key in notes if len(key) > KEY_LENGTH and key.startswith("~")
    }
    for key, entry in notes.items() if found else ():
        if key[:KEY_LENGTH] in found:
            found[key[:KEY_LENGTH]].setdefault(entry[17:33], []).append(key)
    return found


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
