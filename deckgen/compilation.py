"""One deck on its way from files to rendered notes: what `build`, `check` and `stats` have in common.

Notes are streamed: files are handled one after another, so that memory follows the largest file and not the deck.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from deckgen.diagnostics import Diagnostic, Span, did_you_mean, error, has_errors, warning
from deckgen.discover import DeckFiles, TopicFile, read_yaml
from deckgen.lock import derived_key
from deckgen.model import BASIC, CLOZE, IMAGE_OCCLUSION
from deckgen.notetypes import resolve
from deckgen.render.fields import Renderer
from deckgen.render.media import MediaLibrary
from deckgen.schema.cards import CardReader, read_topic, topic_of
from deckgen.schema.deck import read_deck
from deckgen.schema.kinds import Reading
from deckgen.yamlsource import Mapping, Node, Sequence, load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from deckgen.model import Deck, Note, NoteType, Topic
    from deckgen.render.media import MediaFile
    from deckgen.select import Candidate
    from deckgen.yamlsource import Loaded, Source


class Compiled(NamedTuple):
    """A note and what became of it.

    `fields` is their HTML as Anki stores it, one text with U+001F between; `cards` the ordinals of its cards, `key`
    what the lock knows it by, `position` its place in the deck, from 1.
    """

    note: Note
    source: Source
    fields: str
    cards: tuple[int, ...]
    key: str
    position: int
    media: list[MediaFile]

    def candidates(self, note_type: NoteType, deck: str) -> Iterator[Candidate]:
        """Yield the note's cards as a search sees them. `deck` is the name of the deck that they go to."""
        fields = dict(zip(map(str.casefold, note_type.field_names()), self.fields.split("\x1f"), strict=True))
        from deckgen.select import Candidate  # noqa: PLC0415

        for card in self.cards:
            template = note_type.templates[min(card, len(note_type.templates) - 1)].name
            yield Candidate(fields, self.note.tags, deck, note_type.name, card, template)

    @property
    def content(self) -> str:
        """Return all that a learner gets, as one text."""
        return f"{self.note.type}\x1f{' '.join(self.note.tags)}\x1f{self.fields}"


@dataclass(slots=True)
class Compilation:
    """One deck on its way. `problems` grows as `notes` is consumed."""

    files: DeckFiles
    deck: Deck
    types: dict[str, NoteType]
    library: MediaLibrary
    design_media: list[MediaFile]
    problems: list[Diagnostic]
    one_file: tuple[Loaded, Topic, Node | None] | None = None
    _seen: dict[str, tuple[str, int]] = field(default_factory=dict)

    def home(self, note: Note) -> str:
        """Return the name of the deck that a note's new cards go to."""
        is_nested = self.deck.subdecks == "topic" and note.topic.subdeck
        return f"{self.deck.name}::{note.topic.subdeck}" if is_nested else self.deck.name

    def search(self, query: str) -> Callable[[Compiled], bool]:
        """Return a function that tells whether a note is found. Raises QueryError."""
        from deckgen.select import parse  # noqa: PLC0415 - few builds search

        names = [name for note_type in self.types.values() for name in note_type.field_names()]
        found = parse(query, names)
        return lambda done: any(map(found, done.candidates(self.types[done.note.type], self.home(done.note))))

    def notes(self) -> Iterator[Compiled]:
        """Yield the deck's notes that are well, in order."""
        renderers = {key: Renderer(note_type, self.library) for key, note_type in self.types.items()}
        position = 0
        for loaded, beside, notes in self._files():
            for note in notes:
                position += 1
                done = renderers[note.type].note(note, loaded.source, beside)
                self.problems += done.problems
                key = self._key(note, loaded.source)
                if done.cards and key:
                    fields = "\x1f".join(done.fields)
                    yield Compiled(note, loaded.source, fields, done.cards, key, position, done.media)
        if not position and not has_errors(self.problems):
            self.problems.append(
                error(
                    Span(str(self.files.head)),
                    "empty-deck",
                    "this deck has no cards",
                    "add a topic file with  cards:  beside deck.yaml",
                )
            )

    def _files(self) -> Iterator[tuple[Loaded, Path, Iterator[Note]]]:
        if self.one_file:
            loaded, topic, cards = self.one_file
            reading = Reading(loaded.source, self.problems)
            yield loaded, self.files.folder, CardReader(reading, self.deck, topic).notes(cards)
        for file in self._topics_in_order():
            loaded_file = _load(file.path, self.files.folder, self.problems)
            if loaded_file is not None and loaded_file.root is not None:
                reading = Reading(loaded_file.source, self.problems)
                topic, cards = read_topic(loaded_file.root, reading, self.deck, list(file.parts))
                yield loaded_file, file.path.parent, CardReader(reading, self.deck, topic).notes(cards)

    def _topics_in_order(self) -> list[TopicFile]:
        """Return the files that `topics:` names first, then the others by their paths."""
        by_name = {"/".join(t.parts): t for t in self.files.topics}
        named = [by_name.pop(node.text) for node in self.deck.topics if node.text in by_name]
        return [*named, *by_name.values()]

    def _key(self, note: Note, source: Source) -> str:
        """Return what the lock knows a note by; an id given twice is reported, and has none."""
        assert note.at is not None
        key = note.id or derived_key(note.type, *_identity(note))
        place = (source.file, note.at.line + 1)
        first = self._seen.setdefault(key, place)
        if first is place:
            return key
        if note.id:
            pairs = note.at.pairs.items() if isinstance(note.at, Mapping) else ()
            node = next((value for name, (_, value) in pairs if name.casefold() == "id"), note.at)
            message = f"the id '{key}' is already taken by the card at {first[0]}:{first[1]}"
            self.problems.append(error(source.span(node), "duplicate-id", message, "give each card an id of its own"))
            return ""
        message = f"a card that asks the same stands at {first[0]}:{first[1]}"
        help_ = "ask each so that only one answer fits, or give both an id"
        self.problems.append(warning(source.span(note.at), "same-question", message, help_))
        copies = 2
        while f"{key}-{copies}" in self._seen:
            copies += 1
        self._seen[f"{key}-{copies}"] = place
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
            problems.append(
                error(Span(str(files.head)), "empty-file", "this file is empty", "begin with a line  deck: Name")
            )
        return None, problems
    reading = Reading(loaded.source, problems)
    one_file: tuple[Loaded, Topic, Node | None] | None = None
    if files.single and isinstance(loaded.root, Sequence):
        deck, _ = read_deck(Mapping({}, 0, 0), reading, files.folder, files.default_id, single=True)
        one_file = (loaded, topic_of({}, reading, deck, []), loaded.root)
    else:
        deck, values = read_deck(loaded.root, reading, files.folder, files.default_id, single=files.single)
        one_file = (loaded, topic_of(values, reading, deck, []), values.get("cards")) if files.single else None
    library = MediaLibrary(files.folder)
    types, design_media, found = resolve(deck, library)
    problems += found
    compilation = Compilation(files, deck, types, library, design_media, problems, one_file)
    problems += _unknown_topics(deck, files, reading)
    problems += _wrong_queries(compilation)
    return compilation, problems


def _unknown_topics(deck: Deck, files: DeckFiles, reading: Reading) -> list[Diagnostic]:
    names = ["/".join(t.parts) for t in files.topics]
    return [
        error(
            reading.span(node),
            "unknown-topic",
            f"there is no topic file '{node.text}.yaml'",
            did_you_mean(node.text, names) or "write the file's name without its ending",
        )
        for node in deck.topics
        if node.text not in names
    ]


def _wrong_queries(compilation: Compilation) -> Iterator[Diagnostic]:
    from deckgen.select import QueryError  # noqa: PLC0415

    for edition in compilation.deck.editions:
        try:
            compilation.search(edition.select)
        except QueryError as wrong:
            yield error(edition.at, "bad-query", str(wrong), wrong.help)


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
