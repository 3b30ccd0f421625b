"""The conductor: load -> check -> select -> render -> write, one file after another.

Notes are streamed: memory follows the largest file of a deck, not the deck. Nothing is put in place before all is well.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from deckgen import lock as locks
from deckgen.diagnostics import Diagnostic, Span, did_you_mean, error, has_errors, in_order, warning
from deckgen.discover import DeckFiles, TopicFile, read_yaml
from deckgen.model import BASIC, CLOZE, IMAGE_OCCLUSION
from deckgen.notetypes import resolve
from deckgen.render.fields import Renderer
from deckgen.render.markdown import to_html
from deckgen.render.media import MediaLibrary
from deckgen.schema.cards import read_cards, read_topic, topic_of
from deckgen.schema.deck import read_deck
from deckgen.schema.kinds import Reading
from deckgen.yamlsource import Sequence, load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deckgen.model import Deck, Note, NoteType, Topic
    from deckgen.stats import Stats
    from deckgen.yamlsource import Loaded, Source

@dataclass(frozen=True, slots=True)
class Compiled:
    """A note and what became of it: the fields' HTML, the ordinals of its cards, its key in the lock, its position."""

    note: Note
    source: Source
    fields: list[str]
    cards: tuple[int, ...]
    key: str
    position: int

    @property
    def content(self) -> str:
        """Return all that a learner gets, as one text."""
        return "\x1f".join((self.note.type, " ".join(self.note.tags), *self.fields))


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


@dataclass(slots=True)
class Compilation:
    """One deck on its way. `problems` grows as `notes` is consumed."""

    files: DeckFiles
    deck: Deck
    types: dict[str, NoteType]
    media: MediaLibrary
    problems: list[Diagnostic]
    one_file: tuple[Loaded, Topic, object] | None = None
    _seen: dict[str, tuple[str, int]] = field(default_factory=dict)

    def notes(self) -> Iterator[Compiled]:
        """Yield the deck's notes that are well, in order."""
        renderers = {key: Renderer(note_type, self.media) for key, note_type in self.types.items()}
        position = 0
        for loaded, beside, notes in self._files():
            for note in notes:
                position += 1
                fields, cards, problems = renderers[note.type].note(note, loaded.source, beside)
                self.problems += problems
                key = self._key(note, loaded.source)
                if cards and key:
                    yield Compiled(note, loaded.source, fields, cards, key, position)
        if not position and not has_errors(self.problems):
            self.problems.append(error(Span(str(self.files.head)), "empty-deck", "this deck has no cards", "add a topic file with  cards:  beside deck.yaml"))

    def _files(self) -> Iterator[tuple[Loaded, Path, Iterator[Note]]]:
        if self.one_file:
            loaded, topic, cards = self.one_file
            reading = Reading(loaded.source, self.problems)
            yield loaded, self.files.folder, read_cards(cards, reading, self.deck, topic)  # type: ignore[arg-type]
        for file in self._topics_in_order():
            loaded_file = _load(file.path, self.files.folder, self.problems)
            if loaded_file is not None and loaded_file.root is not None:
                reading = Reading(loaded_file.source, self.problems)
                topic, cards = read_topic(loaded_file.root, reading, self.deck, list(file.parts))
                yield loaded_file, file.path.parent, read_cards(cards, reading, self.deck, topic)

    def _topics_in_order(self) -> list[TopicFile]:
        """Return the files that `topics:` names first, then the others by their paths."""
        by_name = {"/".join(t.parts): t for t in self.files.topics}
        named = [by_name.pop(node.text) for node in self.deck.topics if node.text in by_name]
        return [*named, *by_name.values()]

    def _key(self, note: Note, source: Source) -> str:
        """Return what the lock knows a note by; an id given twice is reported, and has none."""
        assert note.at is not None
        node = next((v for k, (_, v) in getattr(note.at, "pairs", {}).items() if k.casefold() == "id"), note.at)
        key = note.id or locks.derived_key(note.type, *_identity(note))
        first = self._seen.setdefault(key, (source.file, node.line + 1))
        if first == (source.file, node.line + 1):
            return key
        place = f"{first[0]}:{first[1]}"
        if note.id:
            self.problems.append(error(source.span(node), "duplicate-id", f"the id '{key}' is already taken at {place}", "give each card an id of its own"))
            return ""
        self.problems.append(warning(source.span(note.at), "same-question", f"a card that asks the same stands at {place}", "ask each so that only one answer fits, or give both an id"))
        copies = 2
        while f"{key}-{copies}" in self._seen:
            copies += 1
        self._seen[f"{key}-{copies}"] = (source.file, node.line + 1)
        return f"{key}-{copies}"


def _identity(note: Note) -> tuple[str, ...]:
    """Return the texts that a note without an id is known by: what it asks."""
    if note.type == BASIC:
        return (note.fields["Front"],)
    if note.type == CLOZE:
        return (note.fields["Text"],)
    if note.type == IMAGE_OCCLUSION:
        return (note.fields["Image"], note.fields.get("Header", ""))
    return (next(iter(note.fields.values()), ""),)


def open_deck(files: DeckFiles) -> tuple[Compilation | None, list[Diagnostic]]:
    """Read a deck's head. Without one (broken YAML, say) there is no deck, only problems."""
    problems: list[Diagnostic] = []
    loaded = _load(files.head, files.folder, problems)
    if loaded is None or loaded.root is None:
        if not has_errors(problems):
            problems.append(error(Span(str(files.head)), "empty-file", "this file is empty", "begin with a line  deck: Name"))
        return None, problems
    reading = Reading(loaded.source, problems)
    if files.single and isinstance(loaded.root, Sequence):
        from deckgen.yamlsource import Mapping  # noqa: PLC0415

        deck, _ = read_deck(Mapping({}, 0, 0), reading, files.folder, files.default_id, single=True)
        one_file = (loaded, topic_of({}, reading, deck, []), loaded.root)
    else:
        deck, values = read_deck(loaded.root, reading, files.folder, files.default_id, single=files.single)
        one_file = (loaded, topic_of(values, reading, deck, []), values.get("cards")) if files.single else None
    media = MediaLibrary(files.folder)
    types, found = resolve(deck, media)
    problems += found
    compilation = Compilation(files, deck, types, media, problems, one_file)
    problems += _unknown_topics(deck, files, reading)
    return compilation, problems


def _unknown_topics(deck: Deck, files: DeckFiles, reading: Reading) -> list[Diagnostic]:
    names = ["/".join(t.parts) for t in files.topics]
    return [
        error(reading.span(node), "unknown-topic", f"there is no topic file '{node.text}.yaml'", did_you_mean(node.text, names) or "write the file's name without its ending")
        for node in deck.topics
        if node.text not in names
    ]


def _load(path: Path, folder: Path, problems: list[Diagnostic]) -> Loaded | None:
    data = read_yaml(path, folder)
    if isinstance(data, Diagnostic):
        problems.append(data)
        return None
    loaded = load(path.as_posix(), data)
    problems += loaded.problems
    if loaded.root is None and not loaded.problems:
        problems.append(warning(Span(path.as_posix()), "empty-file", "this file is empty", "add cards, or delete it"))
    return loaded


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
        return error(at, "duplicate-deck", f"the id '{deck.id}' is also that of {other}", "give each deck an id of its own")


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
        writer = CollectionWriter(stage / "collection", DeckHead(deck.name, description, deck.options, ledger.new.created))
        try:
            stamps: dict[str, locks.TypeStamp] = {}
            for done in compilation.notes():
                note = done.note
                kind = stamps.get(note.type) or stamps.setdefault(note.type, ledger.note_type(compilation.types[note.type]))
                home = f"{deck.name}::{note.topic.subdeck}" if deck.subdecks == "topic" and note.topic.subdeck else deck.name
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
    makes the same package. The other way round, notes would get a second, newer time, and learners an update for nothing.
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
