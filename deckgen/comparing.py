"""`deckgen diff`: what its two arguments mean. Each is a package, a deck, or a deck at a revision that Git knows."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from deckgen.compilation import open_deck
from deckgen.diagnostics import Diagnostic, Span, error, has_errors, in_order
from deckgen.discover import find_decks
from deckgen.identify import identify
from deckgen.readers.apkg import Package, PackageError, read_package
from deckgen.revisions import Revision, RevisionError, committed_at, extract
from deckgen.staging import staging

if TYPE_CHECKING:
    from deckgen.discover import DeckFiles


@dataclass(frozen=True, slots=True)
class Opened:
    """A package that was read or built; None with the problems that it has."""

    package: Package | None
    problems: list[Diagnostic]


def open_side(text: str, now: int) -> Opened:
    """Open one side of a comparison. Decks are built into a folder that goes at once; nothing else is written.

    A deck at a revision is dated by its commit, as if it had been built then. Raises OSError.
    """
    path = Path(text)
    revision = None if path.exists() else Revision.parse(text)
    if revision:
        return _at_revision(text, revision)
    if path.is_file() and (zipfile.is_zipfile(path) or path.suffix.casefold() in (".apkg", ".zip")):
        try:
            return Opened(read_package(path), [])
        except PackageError as wrong:
            return Opened(None, [error(Span(path.as_posix()), "bad-package", str(wrong), wrong.help)])
    return _deck_at(path, text, now)


def other_side(text: str) -> tuple[str, str] | None:
    """Return what to compare where only one side is given: a deck with its last commit, a revision with today's files.

    None for a package: nothing says what to compare it with.
    """
    path, revision = Path(text), Revision.parse(text)
    if path.is_file() and zipfile.is_zipfile(path):
        return None
    if path.exists():
        return f"HEAD:{text}", text
    return (text, str(revision.path)) if revision else None


def _at_revision(text: str, revision: Revision) -> Opened:
    with TemporaryDirectory(prefix="deckgen-") as folder:
        try:
            now, path = committed_at(revision), extract(revision, Path(folder))
        except (RevisionError, ValueError) as wrong:
            help_ = (
                getattr(wrong, "help", "")
                or "write it like  v1.2:cards/spanish, a revision that Git knows and a path from here"
            )
            return Opened(None, [error(Span(text), "bad-revision", str(wrong), help_)])
        opened = _deck_at(path, text, now)
        return Opened(opened.package, [_renamed(p, folder, f"{revision.name}:") for p in opened.problems])


def _renamed(problem: Diagnostic, folder: str, name: str) -> Diagnostic:
    """Name a place in a folder that is gone by the revision that it was extracted from."""
    inside = problem.span.file.removeprefix(f"{Path(folder).as_posix()}/")
    if inside == problem.span.file:
        return problem
    return replace(problem, span=replace(problem.span, file=f"{name}{inside}"))


def _deck_at(path: Path, name: str, now: int) -> Opened:
    decks, problems = find_decks([path])
    if problems or len(decks) != 1:
        several = error(Span(name), "several-decks", f"there are {len(decks)} decks here", "name one of them")
        return Opened(None, in_order(problems or [several]))
    return _built(decks[0], name, now)


def _built(files: DeckFiles, name: str, now: int) -> Opened:
    from deckgen.packing import pack  # noqa: PLC0415 - imports SQLite

    compilation, problems = open_deck(files)
    if compilation is None:
        return Opened(None, in_order(problems))
    with TemporaryDirectory(prefix="deckgen-") as folder, staging(Path(folder) / "side.apkg") as stage:
        packed = pack(identify(compilation, now, None), lambda _: True, stage, lambda _: None)
        if has_errors(problems):
            return Opened(None, in_order(problems))
        return Opened(read_package(packed.finish(), name), in_order(problems))
