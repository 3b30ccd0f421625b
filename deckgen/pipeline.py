"""The conductor: load -> check -> select -> render -> write. Nothing is put in place before all is well."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from deckgen import lock as locks
from deckgen.compilation import open_deck
from deckgen.diagnostics import Diagnostic, Span, error, has_errors, in_order
from deckgen.render.markdown import to_html

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deckgen.discover import DeckFiles
    from deckgen.model import Deck
    from deckgen.stats import Stats


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


def check(files: DeckFiles, progress: Callable[[int], None]) -> list[Diagnostic]:
    """Find everything that `build` would refuse, and what the rules say."""
    from deckgen.lint import lint  # noqa: PLC0415 - a build does without

    compilation, problems = open_deck(files)
    if compilation:
        _read_lock(files, problems)
        for compiled in compilation.notes():
            problems += lint(compiled.note, compiled.source)
            progress(compiled.position)
    return in_order(problems)


def stats(files: DeckFiles, progress: Callable[[int], None]) -> tuple[Stats | None, list[Diagnostic]]:
    """Count what a deck holds; notes with errors are not counted."""
    from deckgen.stats import Stats  # noqa: PLC0415

    compilation, problems = open_deck(files)
    if compilation is None:
        return None, in_order(problems)
    counted = Stats(compilation.deck.name)
    for done in compilation.notes():
        counted.add(done.note, compilation.types[done.note.type].name, done.cards)
        progress(done.position)
    return counted, in_order(problems)


@dataclass(slots=True)
class Targets:
    """Where packages go: one file if given, else a folder, by their decks' ids. No two decks may go to one place."""

    folder: Path
    file: Path | None = None
    taken: dict[Path, Path] = field(default_factory=dict)

    def of(self, deck: Deck, files: DeckFiles) -> Path | Diagnostic:
        """Return the place for a deck's package."""
        target = self.file or self.folder / f"{deck.id}.apkg"
        other = self.taken.setdefault(target, files.head)
        if other == files.head:
            return target
        at = deck.at.get("id", Span(files.head.as_posix()))
        return error(
            at,
            "duplicate-deck",
            f"the id '{deck.id}' is also that of {other}",
            "give each deck an id of its own",
        )


def build(files: DeckFiles, targets: Targets, now: int, progress: Callable[[int], None]) -> Built:
    """Build a package and the lock. With an error nothing is written and what was there stays. Raises OSError."""
    from deckgen.writers.apkg import CollectionWriter, DeckHead, Row, write_package  # noqa: PLC0415

    compilation, problems = open_deck(files)
    if compilation is None:
        return Built(None, in_order(problems))
    deck = compilation.deck
    target = targets.of(deck, files)
    if isinstance(target, Diagnostic):
        return Built(None, in_order([*problems, target]))
    old = _read_lock(files, problems)
    ledger = locks.Ledger(old, deck.id, deck.name, now)
    notes = cards = 0
    with _staging(target) as stage:
        description = to_html(deck.description) if deck.description else ""
        writer = CollectionWriter(
            stage / "collection", DeckHead(deck.name, description, deck.options, ledger.new.created)
        )
        try:
            stamps: dict[str, locks.TypeStamp] = {}
            for done in compilation.notes():
                note = done.note
                kind = stamps.get(note.type) or stamps.setdefault(
                    note.type, ledger.note_type(compilation.types[note.type])
                )
                home = (
                    f"{deck.name}::{note.topic.subdeck}"
                    if deck.subdecks == "topic" and note.topic.subdeck
                    else deck.name
                )
                stamp = ledger.note(done.key, done.content)
                writer.add(Row(kind.id, stamp, done.fields, note.tags, done.cards, home, done.position))
                notes, cards = notes + 1, cards + len(done.cards)
                progress(notes)
            if has_errors(problems):
                return Built(None, in_order(problems))
            writer.finish([(compilation.types[key], stamp) for key, stamp in stamps.items()])
        finally:
            writer.close()
        media = compilation.media.used.values()
        write_package(stage / "package", stage / "collection", media)
        _put_in_place(stage, target, files.lock, ledger.close())
    return Built(target, in_order(problems), notes, cards, len(media), ledger.added, ledger.changed, ledger.gone)


def _read_lock(files: DeckFiles, problems: list[Diagnostic]) -> locks.Lock:
    if not files.lock.exists():
        return locks.Lock()
    try:
        text = files.lock.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        text = ""
    found, wrong = locks.read(files.lock.as_posix(), text)
    problems += wrong
    return found


@contextmanager
def _staging(target: Path) -> Iterator[Path]:
    """Make a folder beside the target for what is not finished; it goes, whatever happens."""
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _put_in_place(stage: Path, target: Path, lock_file: Path, lock: locks.Lock) -> None:
    """Put the lock and the package in place, each in one step.

    The lock goes first: if the machine stops between the two, the next build finds the times already given out and
    makes the same package. The other way round, notes would get a second, newer time, and learners an update that
    changes nothing and overwrites their own edits.
    """
    text = "".join(locks.text_of(lock))
    beside = lock_file.with_name(f".{lock_file.name}-{os.getpid()}")
    try:
        if not lock_file.exists() or lock_file.read_text(encoding="utf-8") != text:
            beside.write_text(text, encoding="utf-8")
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
