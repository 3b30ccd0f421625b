"""The conductor: load -> check -> select -> render -> write. Nothing is put in place before all is well."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deckgen import lock as locks
from deckgen.choosing import about, chosen_by, near_misses, parts, wrong_query
from deckgen.compilation import open_deck
from deckgen.diagnostics import Diagnostic, Span, did_you_mean, error, has_errors, in_order
from deckgen.identify import identify
from deckgen.staging import alone, replace_both, replace_file, staging

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deckgen.changes import Changes
    from deckgen.compilation import Compilation
    from deckgen.discover import DeckFiles
    from deckgen.ledger import Ledger
    from deckgen.model import Deck
    from deckgen.preview.place import Place
    from deckgen.stats import Stats
    from deckgen.topics import CompiledNote


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did. `package` is None if it refused; pages for a browser are no package, and have no news."""

    package: Path | None
    problems: list[Diagnostic]
    notes: int = 0
    cards: int = 0
    media: int = 0
    added: int = 0
    changed: int = 0
    gone: int = 0
    is_package: bool = True


def check(
    files: DeckFiles, targets: Targets, now: int, progress: Callable[[int], None], query: str = ""
) -> list[Diagnostic]:
    """Find everything that `build` would refuse, and what the rules say, of all notes or of those a query finds."""
    compilation, problems = open_deck(files, linting=True)
    if compilation is None:
        return in_order(problems)
    target = targets.of(compilation.deck, files)
    problems += [target] if isinstance(target, Diagnostic) else []
    is_meant = chosen_by(compilation, query)
    if isinstance(is_meant, Diagnostic):
        return in_order([*problems, is_meant])
    identity = identify(compilation, now, targets.place(compilation.deck))
    notes = []
    for stamped in identity.notes():
        progress(stamped.position)
        notes += [stamped.note] if query else []
    problems += identity.breaks()
    is_told = about(sorted(notes, key=lambda note: (note.path, note.line)), is_meant)
    return in_order(filter(is_told, problems))


def stats(files: DeckFiles, progress: Callable[[int], None], query: str = "") -> tuple[Stats | None, list[Diagnostic]]:
    """Count what a deck holds, or what a query finds in it; notes with errors are not counted."""
    from deckgen.stats import Stats  # noqa: PLC0415

    compilation, problems = open_deck(files)
    is_meant = chosen_by(compilation, query) if compilation else None
    if compilation is None or is_meant is None or isinstance(is_meant, Diagnostic):
        return None, in_order([*problems, *([is_meant] if isinstance(is_meant, Diagnostic) else [])])
    counted = Stats(compilation.deck.name, compilation.deck.options)
    for position, note in compilation.notes():
        progress(position)
        if is_meant(note):
            counted.add(note, compilation.workshop.types[note.type])
    return counted, in_order(problems)


@dataclass(frozen=True, slots=True)
class Named:
    """What `ids` did: how many ids went into each file, and the problems. With an error nothing was written."""

    files: dict[Path, int]
    problems: list[Diagnostic]


def write_ids(files: DeckFiles, now: int, progress: Callable[[int], None]) -> Named:
    """Write ids into the cards of a deck that have none; the lock goes on knowing them. Raises OSError."""
    from deckgen.naming import Naming  # noqa: PLC0415 - only this command needs it

    compilation, problems = open_deck(files)
    if compilation is None:
        return Named({}, in_order(problems))
    with alone(files.folder):
        identity = identify(compilation, now, None, frozen=True)
        naming = Naming(identity)
        for stamped in identity.notes():
            progress(stamped.position)
            naming.add(stamped)
        if has_errors(problems):
            return Named({}, in_order(problems))
        written = naming.written()
        problems += naming.problems
        if has_errors(problems):
            return Named({}, in_order(problems))
        if written and files.lock.exists():
            replace_file(files.lock, "".join(locks.text_of(naming.lock())).encode())
        for path, (data, _) in written.items():
            replace_file(path, data)
    return Named({path: count for path, (_, count) in written.items()}, in_order(problems))


def diff(old: str, new: str, now: int, query: str = "") -> tuple[Changes | None, list[Diagnostic]]:
    """Compare two packages, decks, or decks at revisions: what who has the old gets with the new. Raises OSError.

    A query asks for the notes that it finds in either.
    """
    from deckgen.changes import compare  # noqa: PLC0415 - only this command needs it
    from deckgen.comparing import open_side  # noqa: PLC0415
    from deckgen.select import QueryError  # noqa: PLC0415

    had, has = open_side(old, now), open_side(new, now)
    problems = [*had.problems, *has.problems]
    if had.package is None or has.package is None:
        return None, problems
    try:
        pair = parts(had.package, has.package, query) if query else (had.package, has.package)
    except QueryError as wrong:
        return None, [*problems, wrong_query(Span(new), query, wrong)]
    return compare(*pair), problems


def build_pages(
    files: DeckFiles, targets: Targets, progress: Callable[[int], None], options: BuildOptions, *, single: bool
) -> Built:
    """Write a deck, or a part of it, as pages for a browser. With an error nothing is written. Raises OSError.

    Learners' Anki has nothing to do with pages, so the lock is neither asked nor changed.
    """
    from deckgen.gallery import gallery_of  # noqa: PLC0415 - only this command needs it
    from deckgen.pages import in_the_way, write_pages  # noqa: PLC0415

    compilation, problems = open_deck(files)
    if compilation is None:
        return Built(None, in_order(problems))
    target, is_meant = targets.of(compilation.deck, files, options.part), options.chooser(compilation)
    if isinstance(target, Diagnostic) or isinstance(is_meant, Diagnostic):
        return Built(None, in_order([*problems, *(x for x in (target, is_meant) if isinstance(x, Diagnostic))]))
    notes = []
    for position, note in compilation.notes():
        progress(position)
        notes += [note] if is_meant(note) else []
    obstacle = in_the_way(target, single=single)
    problems += [obstacle] if obstacle else []
    if not notes and not has_errors(problems):
        problems.append(_nothing_found(files, options))
    if has_errors(problems):
        return Built(None, in_order(problems))
    gallery = gallery_of(compilation, notes)
    with alone(files.folder), staging(target) as stage:
        write_pages(gallery, target, stage, single=single)
    cards = sum(len(note.cards) for note in notes)
    page = target if single else target / "index.html"
    return Built(page, in_order(problems), len(notes), cards, len(gallery.media), is_package=False)


def preview(
    files: DeckFiles, clock: Callable[[], int], place: Place, ready: Callable[[str], None], query: str = ""
) -> list[Diagnostic]:
    """Show a deck in a browser, or what a query finds in it, until interrupted; `ready` is told the address.

    Returns what is wrong with the query, and then shows nothing. Raises OSError.
    """
    from deckgen.exhibition import exhibitor  # noqa: PLC0415 - only this command needs it
    from deckgen.preview.server import Watched, serve  # noqa: PLC0415 - imports a server

    compilation, _ = open_deck(files)
    is_meant = chosen_by(compilation, query) if compilation and query else None
    if isinstance(is_meant, Diagnostic):
        return [is_meant]
    shown = exhibitor(files.head if files.single else files.folder, clock, query)
    serve(shown.open(), Watched(files.folder, not files.single, shown.again), place, ready)
    return []


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
        query, head = self.query, Span(compilation.files.head.as_posix())
        if self.edition:
            editions = {e.name: e.select for e in compilation.deck.editions}
            if self.edition not in editions:
                known = f"editions are: {', '.join(editions)}" if editions else "deck.yaml has no  editions:"
                near = did_you_mean(self.edition, editions) or known
                return error(head, "unknown-edition", f"this deck has no edition '{self.edition}'", near)
            query = editions[self.edition]
        return chosen_by(compilation, query)


DEFAULTS = BuildOptions()


def edition_names(files: DeckFiles) -> list[str]:
    """Return the names of a deck's editions; a deck without any has one, the whole, whose name is empty."""
    compilation, _ = open_deck(files)
    names = [edition.name for edition in compilation.deck.editions] if compilation else []
    return names or [""]


@dataclass(slots=True)
class Targets:
    """Where packages go: one file if given, else a folder, by their decks' ids. No two decks may go to one place."""

    folder: Path
    file: Path | None = None
    ending: str = ".apkg"
    taken: dict[Path, Path] = field(default_factory=dict)

    def place(self, deck: Deck, part: str = "") -> Path:
        """Return where the package of a deck goes, or of a part of it, which must not be taken for the whole."""
        return self.file or self.folder / f"{deck.id}{part and '-'}{part}{self.ending}"

    def of(self, deck: Deck, files: DeckFiles, part: str = "") -> Path | Diagnostic:
        """Return the same, or why it cannot be there."""
        target = self.place(deck, part)
        other = self.taken.setdefault(target, files.head)
        own = (files.head, files.lock, *(topic.path for topic in files.topics))
        if os.path.realpath(target) in map(os.path.realpath, own):
            help_ = "name another file, such as one in build/"
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
    from deckgen.packing import pack  # noqa: PLC0415 - imports SQLite

    compilation, problems = open_deck(files)
    if compilation is None:
        return Built(None, in_order(problems))
    target, is_meant = targets.of(compilation.deck, files, options.part), options.chooser(compilation)
    if isinstance(target, Diagnostic) or isinstance(is_meant, Diagnostic):
        refused = [x for x in (target, is_meant) if isinstance(x, Diagnostic)]
        return Built(None, in_order([*problems, *refused]))
    with alone(files.folder), staging(target) as stage:
        identity = identify(compilation, now, target)
        made = pack(identity, is_meant, stage, progress)
        problems += [] if options.allow_breaking else identity.breaks()
        if not made.notes and not has_errors(problems):
            problems.append(_nothing_found(files, options))
        if has_errors(problems):
            return Built(None, in_order(problems))
        lock = "".join(locks.text_of(identity.ledger.close()))
        if options.locked and (not files.lock.exists() or lock != files.lock.read_text(encoding="utf-8")):
            return Built(None, in_order([*problems, _lock_changed(files, identity.ledger)]))
        replace_both(made.finish(), target, files.lock, lock)
    ledger = identity.ledger
    counts = (made.notes, made.cards, len(made.media), ledger.added, ledger.changed, ledger.gone)
    return Built(target, in_order(problems), *counts)


def _lock_changed(files: DeckFiles, ledger: Ledger) -> Diagnostic:
    what = f"{ledger.added} new, {ledger.changed} changed, {ledger.gone} gone"
    message = f"the lock does not fit the cards ({what}), and --locked forbids to change it"
    return error(Span(files.lock.as_posix()), "lock-changed", message, "run  deckgen build  and commit the lock")


def _nothing_found(files: DeckFiles, options: BuildOptions) -> Diagnostic:
    what = f"the edition '{options.edition}'" if options.edition else f"the query '{options.query}'"
    compilation, _ = open_deck(files)
    query = options.query
    if compilation and options.edition:
        query = next((each.select for each in compilation.deck.editions if each.name == options.edition), "")
    near = near_misses(compilation, query) if compilation else ""
    help_ = near or "try a part of the query; `deckgen stats` shows the deck's tags and topics"
    return error(Span(files.head.as_posix()), "nothing-selected", f"{what} finds no note of this deck", help_)
