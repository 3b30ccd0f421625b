"""What a learner who has one package gets on importing another, with Anki's import window left as it opens.

Follows what Anki does, as docs/explanation/anki.md tells it; tests/test_diff.py compares the counts with Anki's own
import log.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from deckgen.template.cards import is_empty

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from deckgen.readers.apkg import Package, PackedNote, PackedType


class Status(StrEnum):
    """What becomes of a note. The first four are what Anki's import log counts."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    CONFLICTING = "conflicting"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field whose text is another one; as HTML."""

    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class NoteChange:
    """What becomes of a note for a learner.

    `cards_added` and `cards_left_empty` are ordinals. `moved_from` is its old deck if it now belongs to another: new
    cards go there, those that a learner has stay. `is_stale` says that it differs and is not newer: Anki keeps what the
    learner has.
    """

    status: Status
    guid: str
    type: str
    deck: str
    fields: tuple[tuple[str, str], ...]
    changes: tuple[FieldChange, ...] = ()
    tags_added: tuple[str, ...] = ()
    tags_removed: tuple[str, ...] = ()
    cards_added: tuple[int, ...] = ()
    cards_left_empty: tuple[int, ...] = ()
    moved_from: str = ""
    is_stale: bool = False


@dataclass(frozen=True, slots=True)
class Breaking:
    """Something that Anki cannot follow, and what a learner can do."""

    message: str
    help: str


@dataclass(frozen=True, slots=True)
class Changes:
    """All that one package brings to who has the other.

    `looks` are note types with a new design; `searches` find the removed notes in Anki's browser.
    """

    old: str
    new: str
    notes: tuple[NoteChange, ...]
    breaking: tuple[Breaking, ...] = ()
    looks: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()

    def of(self, status: Status) -> list[NoteChange]:
        """Return the notes of a status, in the order of the package."""
        return [note for note in self.notes if note.status is status]

    def counts(self) -> dict[str, int]:
        """Return how many notes there are of each status."""
        return {str(status): len(self.of(status)) for status in Status}


def compare(old: Package, new: Package) -> Changes:
    """Compare two packages of one deck."""
    conflicts = {key for key, kind in new.types.items() if key in old.types and not _can_follow(old.types[key], kind)}
    notes = [_note(old, new, note, conflicts) for note in new.notes.values()]
    gone = [note for guid, note in old.notes.items() if guid not in new.notes]
    notes += [_plain(Status.REMOVED, note, old.types) for note in gone]
    looks = [
        kind.name
        for key, kind in new.types.items()
        if key in old.types and key not in conflicts and kind.time > old.types[key].time
    ]
    breaking = (*_conflicts(notes), *_kinds(old, new), *_renamed(old, new), *_replaced_media(old, new))
    return Changes(old.name, new.name, tuple(notes), breaking, tuple(looks), tuple(_searches(gone, old, new)))


def _can_follow(old: PackedType, new: PackedType) -> bool:
    """Tell whether Anki updates a note type in place: if each field and template is the one that it was, in order."""
    parts = ((old.fields, new.fields), (old.templates, new.templates))
    return all(
        len(had) == len(has) and all(_is_same_part(*pair) for pair in zip(had, has, strict=True)) for had, has in parts
    )


def _is_same_part(old: tuple[int, str], new: tuple[int, str]) -> bool:
    return old[0] == new[0] if old[0] and new[0] else old[1] == new[1]


def _note(old: Package, new: Package, note: PackedNote, conflicts: set[int]) -> NoteChange:
    before = old.notes.get(note.guid)
    if before is None:
        return _plain(Status.NEW, note, new.types)
    is_newer = note.time > before.time
    if note.type_id in conflicts or (before.type_id != note.type_id and is_newer):
        return _plain(Status.CONFLICTING, note, new.types)
    same = replace(
        _plain(Status.UNCHANGED, note, new.types),
        cards_added=tuple(sorted(note.cards - before.cards)),
        moved_from=before.deck if before.deck.casefold() != note.deck.casefold() else "",
    )
    if not is_newer:
        return replace(same, is_stale=before.fields != note.fields or set(before.tags) != set(note.tags))
    names = [name for name, _ in same.fields]
    texts = zip(names, before.fields, note.fields, strict=False)
    return replace(
        same,
        status=Status.CHANGED,
        changes=tuple(FieldChange(name, was, now) for name, was, now in texts if was != now),
        tags_added=tuple(sorted(set(note.tags) - set(before.tags))),
        tags_removed=tuple(sorted(set(before.tags) - set(note.tags))),
        cards_left_empty=tuple(sorted(before.cards - note.cards)),
    )


def _plain(status: Status, note: PackedNote, types: Mapping[int, PackedType]) -> NoteChange:
    kind = types[note.type_id]
    names = [name for _, name in kind.fields]
    return NoteChange(status, note.guid, kind.name, note.deck, tuple(zip(names, note.fields, strict=False)))


def _conflicts(notes: Iterable[NoteChange]) -> Iterator[Breaking]:
    """Yield note types whose notes Anki leaves as they are."""
    count: dict[str, int] = {}
    for note in notes:
        if note.status is Status.CONFLICTING:
            count[note.type] = count.get(note.type, 0) + 1
    for name, number in count.items():
        what = "1 note" if number == 1 else f"{number:,} notes"
        yield Breaking(
            f"Anki cannot follow the change of the note type '{name}': {what} stay as learners have them",
            "tick 'Merge note types' when you import",
        )


def _kinds(old: Package, new: Package) -> Iterator[Breaking]:
    """Yield note types that are of the other kind now: Anki replaces them, and some cards show an error then."""
    for key, kind in new.types.items():
        if key in old.types and old.types[key].is_cloze != kind.is_cloze:
            words = ("normal", "cloze") if kind.is_cloze else ("cloze", "normal")
            message = f"the note type '{kind.name}' was {words[0]} and is {words[1]}: cards may show an error"
            yield Breaking(message, "after the import, use Tools → Empty Cards")


def _renamed(old: Package, new: Package) -> Iterator[Breaking]:
    """Yield decks that are no more and whose notes are in a deck that is new: Anki knows decks by their names."""
    before, after = ({name.casefold() for name in package.decks()} for package in (old, new))
    pairs = {
        (was.deck, note.deck)
        for guid, note in new.notes.items()
        if (was := old.notes.get(guid)) and was.deck.casefold() not in after and note.deck.casefold() not in before
    }
    for was_called, is_called in sorted(pairs):
        yield Breaking(
            f"the deck '{was_called}' is now called '{is_called}': new cards go there, those that learners have stay",
            f"rename your deck to '{is_called}' before you import",
        )


def _replaced_media(old: Package, new: Package) -> Iterator[Breaking]:
    """Yield files with other contents under the same name: Anki gives them only to notes that it updates."""
    for name in sorted(old.media.keys() & new.media.keys()):
        if old.media[name] != new.media[name]:
            yield Breaking(
                f"the file '{name}' has other contents: notes that did not change go on showing the old one",
                "give the file another name",
            )


_SPECIAL = re.compile(r'([\\"*_:])')
_AT_ONCE = 50  # notes in one search: SQLite takes no more than 1,000 conditions


def _searches(gone: list[PackedNote], old: Package, new: Package) -> Iterator[str]:
    """Yield what finds removed notes in Anki's browser: note type and first field, and more where that fits others."""
    alike: dict[tuple[int, str], dict[str, PackedNote]] = {}
    for package in (old, new):
        for note in package.notes.values():
            alike.setdefault(_first(note), {})[note.guid] = note
    for start in range(0, len(gone), _AT_ONCE):
        yield " OR ".join(_search(note, old, alike[_first(note)]) for note in gone[start : start + _AT_ONCE])


def _first(note: PackedNote) -> tuple[int, str]:
    return note.type_id, note.fields[0].casefold()  # letter case does not count in a search


def _search(note: PackedNote, old: Package, alike: Mapping[str, PackedNote]) -> str:
    kind = old.types[note.type_id]
    others = [other for guid, other in alike.items() if guid != note.guid]
    terms = [_term("note", kind.name)]
    for number, ((_, name), text) in enumerate(zip(kind.fields, note.fields, strict=False)):
        left = [o for o in others if number < len(o.fields) and o.fields[number].casefold() == text.casefold()]
        if not is_empty(text) or len(left) < len(others):
            terms.append(_term(name, text))
        others = left
        if not others and len(terms) > 1:
            break
    return f"({' '.join(terms)})"


def _term(name: str, value: str) -> str:
    name, value = (_SPECIAL.sub(r"\\\1", text).replace("\n", "_") for text in (name, value))
    return f'"{name}:{value}"'
