"""Changes that learners' Anki cannot follow, found by comparing what is being built with the lock.

What Anki does with each of them: docs/explanation/anki.md, tried in tests/test_anki_rules.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from deckgen.ledger import Ledger
    from deckgen.lock import Lock, TypeEntry


class Break(NamedTuple):
    """A change that Anki cannot follow: what it is about (`deck` or a note type's key), and what comes of it."""

    about: str
    message: str
    help: str


_CONFLICTING = (
    "Anki would leave these notes as learners have them, now and at every later update; undo the change (a name alone "
    "may change if the id stays), or build with  --allow-breaking  and tell learners to tick 'merge note types'"
)
_SWITCHED = (
    "Anki would leave these notes as learners have them, now and at every later update; undo the change, or give the "
    "card another id, by which learners get it as a new card beside the old one"
)
_RENAMED = (
    "learners would keep their cards in the old deck and get new ones in a second; undo it, or build with  "
    "--allow-breaking  and tell learners to rename their deck first"
)


def breaks(old: Lock, ledger: Ledger, names: Mapping[str, str]) -> Iterator[Break]:
    """Yield what learners who have the deck of the old lock could not follow; the ledger has seen all notes.

    `names` are the note types' names by their keys.
    """
    new = ledger.new
    for key, entry in new.types.items():
        if key in names and (before := old.types.get(key)):
            yield from _of_type(key, names[key], before, entry)
    keys = {entry.id: key for types in (old.types, new.types) for key, entry in types.items()}
    for (before_id, after_id), count in ledger.switched.items():
        old_key, new_key = keys.get(before_id, "another"), keys.get(after_id, "another")
        notes = "1 note has" if count == 1 else f"{count:,} notes have"
        yield Break(new_key, f"{notes} changed from the note type '{old_key}' to '{new_key}'", _SWITCHED)
    if old.name and old.name.casefold() != new.name.casefold():
        yield Break("deck", f"the deck '{old.name}' is now called '{new.name}'", _RENAMED)
    else:
        yield from _of_subdecks(old.homes, new.homes, ledger.moved)


def _of_type(key: str, name: str, old: TypeEntry, new: TypeEntry) -> Iterator[Break]:
    for what, had, has in (("fields", old.fields, new.fields), ("templates", old.templates, new.templates)):
        if had != has:
            before, after = (", ".join(part for _, part in parts) for parts in (had, has))
            yield Break(
                key, f"the {what} of the note type '{name}' were: {before}; now they are: {after}", _CONFLICTING
            )
    if old.kind != new.kind:
        yield Break(key, f"the note type '{name}' was {old.kind} and is now {new.kind}", _CONFLICTING)


def _of_subdecks(old: Mapping[str, str], new: Mapping[str, str], moved: Iterable[tuple[str, str]]) -> Iterator[Break]:
    """Yield subdecks that have another name: those that are no more, and whose notes are in one that is new.

    `old` and `new` are decks by topic files; `moved` says where notes stood and stand.
    """
    before, after = set(old.values()), set(new.values())
    renamed = {(old.get(file, ""), new.get(now, "")) for file, now in moved}
    for was, now in sorted(renamed):
        if was and now and was not in after and now not in before:
            yield Break("deck", f"the deck '{was}' is now called '{now}'", _RENAMED)
