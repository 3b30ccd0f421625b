"""One topic file to compiled notes: read, checked and rendered. Needs nothing from the deck's other topics."""

from __future__ import annotations

import re
import unicodedata
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


MAX_TEXT = 400
"""Characters of a question or an answer that the lock keeps: enough to know it again."""


class CompiledNote(NamedTuple):
    """A note and what became of it: what later stages need, and no more, since a large deck has 100,000.

    `fields` is their HTML as Anki stores it, one text with U+001F between; `cards` the ordinals of its cards; `key`
    what the lock knows it by: its id if `has_id`, else `asks`, the key derived from what it asks; `texts` question and
    answer, only where there is no id; `file` what the lock calls the file at `path`; `at` the line, column and length
    of the id or the card, which begins on `line`.
    """

    type: str
    key: str
    asks: str
    has_id: bool
    texts: tuple[str, str]
    file: str
    path: str
    topic: Topic
    citation: Citation
    tags: tuple[str, ...]
    fields: str
    cards: tuple[int, ...]
    media: list[MediaFile]
    at: tuple[int, int, int]
    line: int

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
        return self.compile_cards(cards, topic, reading, file.path)

    def compile_cards(self, cards: Node | None, topic: Topic, reading: Reading, path: Path) -> CompiledTopic:
        """Compile the cards of a topic that stands in the file `path`; media are looked for beside it first."""
        from deckgen.lint import lint  # noqa: PLC0415 - builds do without

        renderers = {key: Renderer(note_type, self.library) for key, note_type in self.types.items()}
        compiled = []
        count = 0
        name, file = path.as_posix(), _name_in_lock(path.relative_to(self.folder))
        for note in CardReader(reading, self.deck, topic).notes(cards):
            count += 1
            done = renderers[note.type].note(note, reading.source, path.parent)
            reading.problems.extend(done.problems)
            if self.linting:
                reading.problems.extend(lint(note, reading.source))
            if done.cards:
                at = note.id_at or note.at
                assert at is not None
                assert note.at is not None
                question, answer = _sides(note, self.types[note.type])
                asks = derived_key(note.type, *question)
                compiled.append(
                    CompiledNote(
                        note.type,
                        note.id or asks,
                        asks,
                        note.id != "",
                        ("", "") if note.id else (_one_line(*question), _one_line(*answer)),
                        file,
                        name,
                        topic,
                        note.citation,
                        note.tags,
                        "\x1f".join(done.fields),
                        done.cards,
                        done.media,
                        (at.line + 1, at.column + 1, len(note.id) or 1),
                        note.at.line + 1,
                    )
                )
        return CompiledTopic(reading.source.file, compiled, count, reading.problems)


def _sides(note: Note, note_type: NoteType) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the texts that a note asks, by which it is known if it has no id, and those that it answers."""
    fields = note.fields
    if note.type == BASIC:
        return (fields["Front"],), (fields["Back"],)
    if note.type == CLOZE:
        return (fields["Text"],), ()
    if note.type == IMAGE_OCCLUSION:
        return (fields["Image"], fields.get("Header", "")), tuple(mask.label for mask in note.masks)
    first, *others = (fields.get(f.name, "") for f in note_type.fields)
    return (first,), tuple(others)


def _one_line(*texts: str) -> str:
    """Return texts as the lock keeps them: in one line, not too long."""
    return " ".join(" ".join(texts).split())[:MAX_TEXT]


def _name_in_lock(path: Path) -> str:
    """Return a file's name, the same on every machine, without what parts the lock's columns and lines."""
    return re.sub(r"[\t\n\r]", " ", unicodedata.normalize("NFC", path.as_posix()))


def load_file(path: Path, folder: Path, problems: list[Diagnostic]) -> Loaded | None:
    """Read and parse a YAML file of a deck. Raises OSError."""
    data = read_yaml(path, folder)
    if isinstance(data, Diagnostic):
        problems.append(data)
        return None
    loaded = load(path.as_posix(), data)
    problems += loaded.problems
    return loaded
