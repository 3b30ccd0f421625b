"""One topic file to compiled notes: read, checked and rendered. Needs nothing from the deck's other topics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from deckgen.diagnostics import Diagnostic, Span, warning
from deckgen.discover import read_yaml
from deckgen.ledger import derived_key
from deckgen.model import BASIC, CLOZE, IMAGE_OCCLUSION
from deckgen.render.fields import Renderer
from deckgen.schema.cards import CardReader, read_topic
from deckgen.schema.kinds import Reading
from deckgen.yamlsource import Loaded, load

if TYPE_CHECKING:
    from pathlib import Path

    from deckgen.discover import TopicFile
    from deckgen.model import Citation, Deck, Note, NoteType, Topic
    from deckgen.render.media import MediaFile, MediaLibrary
    from deckgen.yamlsource import Node


class CompiledNote(NamedTuple):
    """A note and what became of it: what later stages need, and no more, since a large deck has 100,000.

    `fields` is their HTML as Anki stores it, one text with U+001F between; `cards` the ordinals of its cards; `key`
    what the lock knows it by: its id if `has_id`, else `question`, the key derived from what it asks; `at` the line,
    column and length of the id or the card.
    """

    type: str
    key: str
    question: str
    has_id: bool
    topic: Topic
    citation: Citation
    tags: tuple[str, ...]
    fields: str
    cards: tuple[int, ...]
    media: list[MediaFile]
    at: tuple[int, int, int]

    @property
    def content(self) -> str:
        """Return all that a learner gets, as one text."""
        return f"{self.type}\x1f{' '.join(self.tags)}\x1f{self.fields}"


class CompiledTopic(NamedTuple):
    """What became of a topic file: the notes that are well, how many there are in all, and the problems."""

    file: str
    notes: list[CompiledNote]
    total: int
    problems: list[Diagnostic]


@dataclass(frozen=True, slots=True)
class Workshop:
    """What every topic of a deck is compiled with. `linting` asks for the rules' findings too."""

    deck: Deck
    folder: Path
    types: dict[str, NoteType]
    library: MediaLibrary
    linting: bool

    def compile(self, file: TopicFile) -> CompiledTopic:
        """Compile a topic file. Raises OSError."""
        problems: list[Diagnostic] = []
        loaded = load_file(file.path, self.folder, problems)
        if loaded and loaded.root is None and not problems:
            at, help_ = Span(file.path.as_posix()), "add cards, or delete it"
            problems.append(warning(at, "empty-file", "this file is empty", help_))
        if loaded is None or loaded.root is None:
            return CompiledTopic("", [], 0, problems)
        reading = Reading(loaded.source, problems)
        topic, cards = read_topic(loaded.root, reading, self.deck, list(file.parts))
        return self.compile_cards(cards, topic, reading, file.path.parent)

    def compile_cards(self, cards: Node | None, topic: Topic, reading: Reading, beside: Path) -> CompiledTopic:
        """Compile the cards of a topic; media are looked for in `beside` first."""
        from deckgen.lint import lint  # noqa: PLC0415 - builds do without

        renderers = {key: Renderer(note_type, self.library) for key, note_type in self.types.items()}
        compiled = []
        count = 0
        for note in CardReader(reading, self.deck, topic).notes(cards):
            count += 1
            done = renderers[note.type].note(note, reading.source, beside)
            reading.problems.extend(done.problems)
            if self.linting:
                reading.problems.extend(lint(note, reading.source))
            if done.cards:
                at = note.id_at or note.at
                assert at is not None
                question = derived_key(note.type, *_identity(note, self.types[note.type]))
                compiled.append(
                    CompiledNote(
                        note.type,
                        note.id or question,
                        question,
                        note.id != "",
                        topic,
                        note.citation,
                        note.tags,
                        "\x1f".join(done.fields),
                        done.cards,
                        done.media,
                        (at.line + 1, at.column + 1, len(note.id) or 1),
                    )
                )
        return CompiledTopic(reading.source.file, compiled, count, reading.problems)


def _identity(note: Note, note_type: NoteType) -> tuple[str, ...]:
    """Return the texts that a note without an id is known by: what it asks."""
    if note.type == BASIC:
        return (note.fields["Front"],)
    if note.type == CLOZE:
        return (note.fields["Text"],)
    if note.type == IMAGE_OCCLUSION:
        return (note.fields["Image"], note.fields.get("Header", ""))
    return (note.fields.get(note_type.fields[0].name, ""),)


def load_file(path: Path, folder: Path, problems: list[Diagnostic]) -> Loaded | None:
    """Read and parse a YAML file of a deck. Raises OSError."""
    data = read_yaml(path, folder)
    if isinstance(data, Diagnostic):
        problems.append(data)
        return None
    loaded = load(path.as_posix(), data)
    problems += loaded.problems
    return loaded
