"""Which of the learners' notes the cards of a deck are: its lock read, its notes stamped, what comes of it reported."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from deckgen import lock as locks
from deckgen.breaking import breaks
from deckgen.clock import plausible
from deckgen.diagnostics import Diagnostic, Related, Severity, Span, error, warning
from deckgen.holding import Held
from deckgen.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from deckgen.compilation import Compilation
    from deckgen.ledger import Kept, Stamp
    from deckgen.lock import Lock, TypeEntry
    from deckgen.topics import CompiledNote


_SHOWN = 80  # characters of a card in a message


class Stamped(NamedTuple):
    """A note with its place in the deck, from 1, its stamp, and that of its note type."""

    position: int
    note: CompiledNote
    stamp: Stamp
    type: TypeEntry


@dataclass(slots=True)
class Identity:
    """The notes of a deck with their stamps. Problems go to the compilation's."""

    compilation: Compilation
    old: Lock
    ledger: Ledger
    is_lost: bool
    """The deck was built before, and its lock is not there."""

    def notes(self) -> Iterator[Stamped]:
        """Yield the deck's notes in order. From the first on that must wait for the end of the deck, all do."""
        types: dict[str, TypeEntry] = {}
        held: Held[tuple[int, CompiledNote, Stamp | None]] = Held()
        named = 0
        for position, note in self.compilation.notes():
            if note.type not in types:
                types[note.type] = self.ledger.note_type(self.compilation.workshop.types[note.type])
            if self.compilation.deck.subdecks == "topic":
                self.ledger.at_home(note, self.compilation.home(note))
            named += note.has_id
            stamp = self.ledger.recognise(note, types[note.type].id)
            if stamp and not held:
                yield Stamped(position, note, stamp, types[note.type])
            else:
                held.add((position, note, stamp))
        late = iter(self.ledger.settle())
        for position, note, stamp in held:
            yield Stamped(position, note, stamp or next(late), types[note.type])
        if self.is_lost:
            self.compilation.problems.append(self._missing(named, self.ledger.added - named))
        self.compilation.problems += map(self._kept, self.ledger.kept)
        self.compilation.problems += map(self._twice, self.ledger.twice)

    def breaks(self) -> Iterator[Diagnostic]:
        """Yield what learners' Anki could not follow, at the deck's name or at the note type."""
        at = self.compilation.deck.at
        types = self.compilation.workshop.types
        places = {own.key: own.at for own in self.compilation.deck.note_types.values()} | {
            "deck": at.get("deck", at[""])
        }
        for each in breaks(self.old, self.ledger, {key: kind.name for key, kind in types.items()}):
            yield error(places.get(each.about, at[""]), "breaking-change", each.message, each.help)

    def _kept(self, kept: Kept) -> Diagnostic:
        """Say that a reworded card keeps its history, and from which."""
        folder = self.compilation.files.folder
        was = Span((folder / kept.old.file).as_posix())
        return Diagnostic(
            Span(kept.note.path, *kept.note.at),
            "kept-by-likeness",
            Severity.ADVICE,
            f"taken for '{_short(kept.old.question)}', reworded: learners keep its reviews",
            "if it is another card, give it an id of its own before you build; else there is nothing to do",
            (Related(was, f"it was: {_short(' / '.join(text for text in kept.old[-2:] if text))}"),),
        )

    def _missing(self, named: int, others: int) -> Diagnostic:
        """Say what it costs that the lock is gone."""
        message = "this deck was built before, but its lock is gone"
        if named:
            verb = "card with an id stays what it is" if named == 1 else "cards with an id stay what they are"
            message += f"; {named:,} {verb} if the id is as old"
        if others:
            verb = "card without one comes" if others == 1 else "cards without one come"
            message += f"; {others:,} {verb} a second time to learners if it was ever reworded"
        help_ = "restore it from version control; without it, learners' own edits and tags on all cards are overwritten"
        return warning(Span(self.compilation.files.lock.as_posix()), "lock-missing", message, help_)

    def _twice(self, line: int) -> Diagnostic:
        at = Span(self.compilation.files.lock.as_posix(), line, 1)
        message = "two cards of the deck have one guid in the lock, so that Anki would take them for one"
        return error(at, "lock-broken", message, "delete the line of the card that is to begin anew")


def identify(compilation: Compilation, now: int, built: Path | None, *, frozen: bool = False) -> Identity:
    """Read the deck's lock and get ready to stamp its notes. `built` is where its package would be."""
    old = _read_lock(compilation)
    now, slip = plausible(now, old, Span(compilation.files.head.as_posix()))
    compilation.problems += [slip] if slip else []
    deck = compilation.deck
    ledger = Ledger(old, deck.id, deck.name, now, frozen=frozen)
    return Identity(compilation, old, ledger, _is_lost(compilation.files.lock, built))


def _is_lost(lock: Path, built: Path | None) -> bool:
    """Tell whether a lock is gone that was there once: its package is there, or Git remembers it."""
    if os.path.lexists(lock):
        return False
    from deckgen.revisions import was_committed  # noqa: PLC0415 - only a first build comes here

    return bool(built and built.exists()) or was_committed(lock)


def _read_lock(compilation: Compilation) -> Lock:
    """Read the deck's lock; one that came with a copy of another deck is refused."""
    path, identity = compilation.files.lock, compilation.deck.id
    at = Span(path.as_posix())
    if not os.path.lexists(path):
        return locks.Lock()
    if not path.is_file():
        compilation.problems.append(
            error(at, "lock-broken", "the lock is not a file", "restore it from version control")
        )
        return locks.Lock()
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        text = ""
    found, wrong = locks.read(path.as_posix(), text)
    compilation.problems += wrong
    if found.deck_id and found.deck_id != identity:
        message = (
            f"this is the lock of the deck '{found.deck_id}', and here is '{identity}': one would overwrite the other"
        )
        help_ = f"for a new deck delete this file; else write  id: {found.deck_id}  in deck.yaml again"
        line = next(n for n, line in enumerate(text.split("\n"), 1) if line.startswith("deck "))
        compilation.problems.append(error(Span(path.as_posix(), line, 1), "lock-of-another", message, help_))
        return locks.Lock()  # what it says is not about this deck
    return found


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} …"
