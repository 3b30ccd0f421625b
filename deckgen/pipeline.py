"""The conductor: load -> check -> select -> render -> write. Nothing is put in place before all is well."""

from __future__ import annotations

import errno
import glob
import os
import shutil
import sqlite3
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deckgen import lock as locks
from deckgen.compilation import open_deck
from deckgen.diagnostics import Diagnostic, Span, did_you_mean, error, has_errors, in_order
from deckgen.ledger import Ledger
from deckgen.render.markdown import to_html

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from deckgen.compilation import Compilation
    from deckgen.discover import DeckFiles
    from deckgen.ledger import Stamp
    from deckgen.lock import TypeEntry
    from deckgen.model import Deck
    from deckgen.stats import Stats
    from deckgen.topics import CompiledNote


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did. `package` is None if it refused."""

    package: Path | None
    problems: list[Diagnostic]
    notes: int = 0
    cards: int = 0
    media: int = 0
    added: int = 0
    changed: int = 0
    gone: int = 0


def check(files: DeckFiles, targets: Targets, now: int, progress: Callable[[int], None]) -> list[Diagnostic]:
    """Find everything that `build` would refuse, and what the rules say."""
    compilation, problems = open_deck(files, linting=True)
    if compilation:
        target = targets.of(compilation.deck, files)
        problems += [target] if isinstance(target, Diagnostic) else []
        ledger = Ledger(_read_lock(compilation, problems), compilation.deck.id, compilation.deck.name, now)
        for position, *_ in _stamped(compilation, ledger):
            progress(position)
        problems += _breaking(compilation, ledger)
    return in_order(problems)


def _stamped(compilation: Compilation, ledger: Ledger) -> Iterator[tuple[int, CompiledNote, Stamp, TypeEntry]]:
    """Yield each note with its position, its stamp and that of its note type."""
    entries: dict[str, TypeEntry] = {}
    for position, note in compilation.notes():
        if note.type not in entries:
            entries[note.type] = ledger.note_type(compilation.workshop.types[note.type])
        yield position, note, ledger.note(note.key, note.question, note.content, entries[note.type]), entries[note.type]


def _breaking(compilation: Compilation, ledger: Ledger) -> Iterator[Diagnostic]:
    """Yield what learners' Anki could not follow, at the deck's name or at the note type."""
    at = compilation.deck.at
    places = {own.key: own.at for own in compilation.deck.note_types.values()} | {"deck": at.get("deck", at[""])}
    for each in ledger.breaks():
        yield error(places.get(each.about, at[""]), "breaking-change", each.message, each.help)


def stats(files: DeckFiles, progress: Callable[[int], None]) -> tuple[Stats | None, list[Diagnostic]]:
    """Count what a deck holds; notes with errors are not counted."""
    from deckgen.stats import Stats  # noqa: PLC0415

    compilation, problems = open_deck(files)
    if compilation is None:
        return None, in_order(problems)
    counted = Stats(compilation.deck.name)
    for position, note in compilation.notes():
        counted.add(note, compilation.workshop.types[note.type])
        progress(position)
    return counted, in_order(problems)


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """What to build: the notes of an edition, those that a query finds, or all.

    `locked` forbids that the lock changes, `allow_breaking` allows changes that learners' Anki cannot follow.
    """

    edition: str = ""
    query: str = ""
    locked: bool = False
    allow_breaking: bool = False

    @property
    def part(self) -> str:
        """Return what the part is called, if it is one."""
        return self.edition or ("selection" if self.query else "")

    def chooser(self, compilation: Compilation) -> Callable[[CompiledNote], bool] | Diagnostic:
        """Return a function that tells whether a note is meant."""
        from deckgen.select import QueryError  # noqa: PLC0415 - few builds search

        query, head = self.query, Span(compilation.files.head.as_posix())
        if self.edition:
            editions = {e.name: e.select for e in compilation.deck.editions}
            if self.edition not in editions:
                known = f"editions are: {', '.join(editions)}" if editions else "deck.yaml has no  editions:"
                near = did_you_mean(self.edition, editions) or known
                return error(head, "unknown-edition", f"this deck has no edition '{self.edition}'", near)
            query = editions[self.edition]
        try:
            return compilation.search(query) if query else lambda _: True
        except QueryError as wrong:
            return error(head, "bad-query", f"in the query '{query}': {wrong}", wrong.help)


DEFAULTS = BuildOptions()


@dataclass(slots=True)
class Targets:
    """Where packages go: one file if given, else a folder, by their decks' ids. No two decks may go to one place."""

    folder: Path
    file: Path | None = None
    taken: dict[Path, Path] = field(default_factory=dict)

    def of(self, deck: Deck, files: DeckFiles, part: str = "") -> Path | Diagnostic:
        """Return the place for the package of a deck, or of a part of it, which must not be taken for the whole."""
        target = self.file or self.folder / f"{deck.id}{part and '-'}{part}.apkg"
        other = self.taken.setdefault(target, files.head)
        own = (files.head, files.lock, *(topic.path for topic in files.topics))
        if os.path.realpath(target) in map(os.path.realpath, own):
            help_ = "name a file that ends in .apkg"
            return error(Span(target.as_posix()), "bad-output", "this file is part of the deck itself", help_)
        if other == files.head:
            return target
        at = deck.at.get("id", Span(files.head.as_posix()))
        return error(
            at,
            "duplicate-deck",
            f"the id '{deck.id}' is also that of {other}",
            "give each deck an id of its own",
        )


def build(
    files: DeckFiles, targets: Targets, now: int, progress: Callable[[int], None], options: BuildOptions = DEFAULTS
) -> Built:
    """Build a package and the lock. With an error nothing is written and what was there stays. Raises OSError.

    A part of a deck shares guids, times and positions with the whole, so that a learner can go from one to the other.
    """
    from deckgen.writers.apkg import CollectionWriter, DeckHead, Row, write_package  # noqa: PLC0415

    compilation, problems = open_deck(files)
    if compilation is None:
        return Built(None, in_order(problems))
    deck, types = compilation.deck, compilation.workshop.types
    target, is_meant = targets.of(deck, files, options.part), options.chooser(compilation)
    if isinstance(target, Diagnostic) or isinstance(is_meant, Diagnostic):
        refused = [x for x in (target, is_meant) if isinstance(x, Diagnostic)]
        return Built(None, in_order([*problems, *refused]))
    ledger = Ledger(_read_lock(compilation, problems), deck.id, deck.name, now)
    notes = cards = 0
    with _staging(target) as stage:
        description = _on_one_line(to_html(deck.description)) if deck.description else ""
        head = DeckHead(deck.name, description, deck.options, ledger.created)
        writer = CollectionWriter(stage / "collection", head)
        entries: dict[str, TypeEntry] = {}
        media = {file.name: file for file in compilation.design_media}
        try:
            for position, note, stamp, entry in _stamped(compilation, ledger):
                progress(position)
                if is_meant(note):
                    entries[note.type] = entry
                    home = compilation.home(note)
                    writer.add(Row(entry.id, stamp, note.fields, note.tags, note.cards, home, position))
                    notes, cards = notes + 1, cards + len(note.cards)
                    media.update((file.name, file) for file in note.media)
            if not options.allow_breaking:
                problems += _breaking(compilation, ledger)
            if not notes and not has_errors(problems):
                problems.append(_nothing_found(files, options))
            if has_errors(problems):
                return Built(None, in_order(problems))
            lock = "".join(locks.text_of(ledger.close()))
            if options.locked and (not files.lock.exists() or lock != files.lock.read_text(encoding="utf-8")):
                return Built(None, in_order([*problems, _lock_changed(files, ledger)]))
            writer.finish([(types[key], entry) for key, entry in entries.items()])
        finally:
            writer.close()
        write_package(stage / "package", stage / "collection", media.values())
        _put_in_place(stage, target, files.lock, lock)
    return Built(target, in_order(problems), notes, cards, len(media), ledger.added, ledger.changed, ledger.gone)


def _on_one_line(html: str) -> str:
    """Take the line breaks out of a deck's description: Anki shows each as one (aqt, overview.py)."""
    return html if "<pre" in html else html.replace("\n", " ")


def _lock_changed(files: DeckFiles, ledger: Ledger) -> Diagnostic:
    what = f"{ledger.added} new, {ledger.changed} changed, {ledger.gone} gone"
    message = f"the lock does not fit the cards ({what}), and --locked forbids to change it"
    return error(Span(files.lock.as_posix()), "lock-changed", message, "run  deckgen build  and commit the lock")


def _nothing_found(files: DeckFiles, options: BuildOptions) -> Diagnostic:
    what = f"the edition '{options.edition}'" if options.edition else f"the query '{options.query}'"
    help_ = "try a part of the query; `deckgen stats` shows the deck's tags and topics"
    return error(Span(files.head.as_posix()), "nothing-selected", f"{what} finds no note of this deck", help_)


def _read_lock(compilation: Compilation, problems: list[Diagnostic]) -> locks.Lock:
    """Read the deck's lock; one that came with a copy of another deck is refused."""
    files, identity = compilation.files, compilation.deck.id
    if not files.lock.exists():
        return locks.Lock()
    try:
        text = files.lock.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        text = ""
    found, wrong = locks.read(files.lock.as_posix(), text)
    problems += wrong
    if found.deck_id and found.deck_id != identity:
        message = (
            f"this is the lock of the deck '{found.deck_id}', and here is '{identity}': one would overwrite the other"
        )
        help_ = f"for a new deck delete this file; else write  id: {found.deck_id}  in deck.yaml again"
        problems.append(error(Span(files.lock.as_posix(), 3, 1), "lock-of-another", message, help_))
        return locks.Lock()  # what it says is not about this deck
    return found


@contextmanager
def _staging(target: Path) -> Iterator[Path]:
    """Make a folder beside the target for what is not finished; it goes, whatever happens.

    What a killed build left behind goes too.
    """
    made = [folder for folder in (target.parent, *target.parent.parents) if not folder.exists()]
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = target.parent / f".{target.name}-{os.getpid()}"
    for old in target.parent.glob(f".{glob.escape(target.name)}-*"):
        if old == folder or not _is_running(old.name.rpartition("-")[2]):
            shutil.rmtree(old, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    except sqlite3.Error as failed:
        raise OSError(errno.EIO, str(failed), str(target)) from failed
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        for empty in made:
            with suppress(OSError):  # no longer empty: the package is in it
                empty.rmdir()


def _is_running(process: str) -> bool:
    """Tell whether a process lives; one that is not ours to ask does."""
    if not process.isdecimal() or os.name != "posix":
        return True
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _put_in_place(stage: Path, target: Path, lock_file: Path, lock: str) -> None:
    """Put the lock and the package in place, each in one step.

    The lock goes first: if the machine stops between the two, the next build finds the times already given out and
    makes the same package. The other way round, notes would get a second, newer time, and learners an update that
    changes nothing and overwrites their own edits.
    """
    beside = lock_file.with_name(f".{lock_file.name}-{os.getpid()}")
    try:
        if not lock_file.exists() or lock_file.read_text(encoding="utf-8") != lock:
            beside.write_text(lock, encoding="utf-8")
            _sync(beside)
        _sync(stage / "package")
        if beside.exists():
            beside.replace(lock_file)
        (stage / "package").replace(target)
    finally:
        beside.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
