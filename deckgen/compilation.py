"""One deck on its way from files to rendered notes: what `build`, `check` and `stats` have in common.

Notes are streamed: files are handled one after another, so that memory follows the largest file and not the deck.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deckgen.diagnostics import Diagnostic, Span, did_you_mean, error, has_errors, warning
from deckgen.model import Kind
from deckgen.notetypes import resolve
from deckgen.render.media import MediaLibrary
from deckgen.schema.cards import topic_of
from deckgen.schema.deck import read_deck
from deckgen.schema.kinds import Reading
from deckgen.topics import CompiledNote, CompiledTopic, Workshop, load_file
from deckgen.workers import in_order, workers_for
from deckgen.yamlsource import Mapping, Node, Sequence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from deckgen.discover import DeckFiles, TopicFile
    from deckgen.model import Deck, Topic
    from deckgen.render.media import MediaFile
    from deckgen.select import Candidate


_MANY = 10**9  # more than there are files, or columns in a line


@dataclass(slots=True)
class Compilation:
    """One deck on its way. `problems` grows as `notes` is consumed."""

    files: DeckFiles
    workshop: Workshop
    design_media: list[MediaFile]
    problems: list[Diagnostic]
    one_file: tuple[Reading, Topic, Node | None] | None = None
    compile_files: Callable[[list[TopicFile]], Iterable[CompiledTopic]] | None = None
    """In the place of compiling every file anew, for who has compiled most of them before."""
    _files: list[str] = field(default_factory=list)
    _seen: dict[str, int] = field(default_factory=dict)
    """Where each key was first seen: line, column and file in one number, for there may be 100,000."""

    @property
    def deck(self) -> Deck:
        """Return what deck.yaml says."""
        return self.workshop.deck

    def home(self, note: CompiledNote) -> str:
        """Return the name of the deck that a note's new cards go to."""
        is_nested = self.deck.subdecks == "topic" and note.topic.subdeck
        return f"{self.deck.name}::{note.topic.subdeck}" if is_nested else self.deck.name

    def search(self, query: str) -> Callable[[CompiledNote], bool]:
        """Return a function that tells whether a note is found. Raises QueryError."""
        from deckgen.select import parse  # noqa: PLC0415 - few builds search

        names = [name for note_type in self.workshop.types.values() for name in note_type.field_names()]
        found = parse(query, names)
        return lambda note: any(map(found, self._candidates(note)))

    def _candidates(self, note: CompiledNote) -> Iterator[Candidate]:
        from deckgen.select import Candidate  # noqa: PLC0415

        kind = self.workshop.types[note.type]
        fields = dict(zip(map(str.casefold, kind.field_names()), note.fields.split("\x1f"), strict=True))
        for card in note.cards:
            template = kind.templates[card].name if card < len(kind.templates) else None
            yield Candidate(fields, note.tags, self.home(note), kind.name, card, template, kind.kind is Kind.CLOZE)

    def notes(self) -> Iterator[tuple[int, CompiledNote]]:
        """Yield the deck's notes that are well, in order, with their positions from 1."""
        position = 0
        for topic in self._topics():
            self.problems += topic.problems
            self._files.append(topic.file)
            for number, note in enumerate(topic.notes, position + 1):
                if self._is_sound(note, len(self._files) - 1):
                    yield number, note
            position += topic.total
        if not position and not has_errors(self.problems):
            at, help_ = Span(self.files.head.as_posix()), "add a topic file with  cards:  beside deck.yaml"
            self.problems.append(error(at, "empty-deck", "this deck has no cards", help_))

    def _topics(self) -> Iterator[CompiledTopic]:
        if self.one_file:
            reading, topic, cards = self.one_file
            yield self.workshop.compile_cards(cards, topic, reading, self.files.head)
        files = self.files_in_order()
        if self.compile_files:
            yield from self.compile_files(files)
            return
        workers = workers_for([file.size for file in files])
        yield from in_order(self.workshop.compile, files, workers) if workers else map(self.workshop.compile, files)

    def files_in_order(self) -> list[TopicFile]:
        """Return the files that `topics:` names first, then the others by their paths."""
        wanted = {node.text: number for number, node in enumerate(self.deck.topics)}
        return sorted(self.files.topics, key=lambda file: wanted.get("/".join(file.parts), len(wanted)))

    def _is_sound(self, note: CompiledNote, number: int) -> bool:
        """Report a note whose id is taken, or that asks what another asks; False if it cannot be built."""
        key, place = note.key, (note.at[0] * _MANY + note.at[1]) * _MANY + number
        first = self._seen.get(key)
        if first is None:
            self._seen[key] = place
            return True
        elsewhere = f"{self._files[first % _MANY]}:{first // _MANY**2}"
        at = Span(self._files[number], *note.at)
        if note.has_id:
            message = f"the id '{key}' is already taken at {elsewhere}"
            self.problems.append(error(at, "duplicate-id", message, "give each card an id of its own"))
            return False
        message = f"a card that asks the same stands at {elsewhere}"
        help_ = "ask each so that only one answer fits, or give both an id, which tells them apart"
        self.problems.append(warning(at, "same-question", message, help_))
        return True


def open_deck(files: DeckFiles, *, linting: bool = False) -> tuple[Compilation | None, list[Diagnostic]]:
    """Read a deck's head. Without one (broken YAML, say) there is no deck, only problems. Raises OSError."""
    problems: list[Diagnostic] = []
    loaded = load_file(files.head, files.folder, problems)
    if loaded is None or loaded.root is None:
        if not has_errors(problems):
            at = Span(files.head.as_posix())
            problems.append(error(at, "empty-file", "this file is empty", "begin with a line  deck: Name"))
        return None, problems
    reading = Reading(loaded.source, problems)
    is_bare_list = files.single and isinstance(loaded.root, Sequence)
    head = Mapping({}, 0, 0) if is_bare_list else loaded.root
    deck, values = read_deck(head, reading, files.folder, files.default_id, single=files.single)
    one_file = None
    if files.single:
        cards = loaded.root if is_bare_list else values.get("cards")
        one_file = (Reading(loaded.source, []), topic_of(values, reading, deck, []), cards)
    library = MediaLibrary(files.folder)
    types, design_media, found = resolve(deck, library)
    problems += found
    workshop = Workshop(deck, files.folder, types, library, linting)
    compilation = Compilation(files, workshop, design_media, problems, one_file)
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
