"""A deck to look at: what a page lists of its notes, and their cards as they are seen. Plain values, made for JSON."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from deckgen.render.markdown import to_html
from deckgen.render.plaintext import plain_text
from deckgen.reviewer import Reviewer
from deckgen.template.rendering import Circumstances

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from deckgen.compilation import Compilation
    from deckgen.diagnostics import Diagnostic
    from deckgen.model import Deck, NoteType
    from deckgen.topics import CompiledNote

CHUNK = 50
"""Notes whose cards a page asks for at a time."""

_ANSWER_FIELDS = ("Back", "Comments")
_MAX_TEXT = 600  # characters of a question or an answer in the list, which is what a page searches


@dataclass(frozen=True, eq=False)
class Gallery:
    """A compiled deck. `home` gives the deck that a note's cards go to, `search` what a query finds."""

    deck: Deck
    types: Mapping[str, NoteType]
    notes: Sequence[CompiledNote]
    problems: Sequence[Diagnostic]
    home: Callable[[CompiledNote], str]
    search: Callable[[str], Callable[[CompiledNote], bool]]
    design_media: Mapping[str, Path] = field(default_factory=dict)

    @cached_property
    def media(self) -> dict[str, Path]:
        """Return the files that the cards show, by their names there."""
        return dict(self.design_media) | {file.name: file.path for note in self.notes for file in note.media}

    @property
    def chunks(self) -> int:
        """Return how many chunks of cards there are."""
        return -(-len(self.notes) // CHUNK)

    def found(self, query: str) -> list[int]:
        """Return the numbers, from 0, of the notes that a query finds. Raises QueryError."""
        is_meant = self.search(query)
        return [number for number, note in enumerate(self.notes) if is_meant(note)]

    def index(self, *, for_author: bool = True) -> dict[str, Any]:
        """Return what a page needs before any card: the deck, its note types, topics, tags and notes.

        Only the author is shown problems, and where things stand in the files.
        """
        topics, tags, types = _Numbers(), _Numbers(), _Numbers()
        notes = [
            {
                "topic": topics.of(_topic(note)),
                "tags": [tags.of(tag) for tag in note.tags],
                "type": types.of(note.type),
                "cards": note.cards,
                "key": note.key,
                "place": f"{note.path}:{note.at[0]}" if for_author else "",
                **self._texts(note),
            }
            for note in self.notes
        ]
        deck = self.deck
        return {
            "deck": {
                "name": deck.name,
                "tag": deck.tag,
                "description": plain_text(to_html(deck.description)),
            },
            "types": [self._type(self.types[key]) for key in types.names],
            "topics": topics.names,
            "tags": tags.names,
            "notes": notes,
            "problems": _problems(self.problems, self.notes) if for_author else [],
            "chunk": CHUNK,
        }

    def cards(self, chunk: int) -> list[list[dict[str, str]]]:
        """Return the cards of a chunk's notes. Raises ModuleNotFoundError where math cannot be drawn."""
        made = []
        for note in self.notes[chunk * CHUNK : (chunk + 1) * CHUNK]:
            fields = note.fields.split("\x1f")
            around = Circumstances(note.tags, self.home(note))
            reviewer = self._reviewers[note.type]
            files = [*self.design_media, *(file.name for file in note.media)]
            cards = [reviewer.card(fields, ordinal, around) for ordinal in note.cards]
            made.append([{side: _at_media(html, files) for side, html in card._asdict().items()} for card in cards])
        return made

    def _type(self, note_type: NoteType) -> dict[str, str]:
        return {"name": note_type.name, "css": _at_media(note_type.css, self.design_media)}

    @cached_property
    def _reviewers(self) -> dict[str, Reviewer]:
        return {key: Reviewer(note_type) for key, note_type in self.types.items()}

    def _texts(self, note: CompiledNote) -> dict[str, str]:
        """Return a note's question and answer as plain text; for a note type of the author's own, its first fields."""
        names = self.types[note.type].field_names()
        fields = dict(zip(names, note.fields.split("\x1f"), strict=True))
        question = fields.get("Header") or next((fields[n] for n in names if n != "Occlusion" and fields[n]), "")
        answer = next((fields[n] for n in (*_ANSWER_FIELDS, *names[1:2]) if n in fields), "")
        return {"question": plain_text(question)[:_MAX_TEXT], "answer": plain_text(answer)[:_MAX_TEXT]}


def gallery_of(compilation: Compilation, notes: Sequence[CompiledNote]) -> Gallery:
    """Return the gallery of a compiled deck, or of some notes of it."""
    media = {file.name: file.path for file in compilation.design_media}
    types = compilation.workshop.types
    return Gallery(compilation.deck, types, notes, (), compilation.home, compilation.search, media)


def nothing_to_see(name: str, problems: Sequence[Diagnostic]) -> dict[str, Any]:
    """Return the index of a deck that cannot be read at all."""
    deck = {"name": name, "tag": "", "description": ""}
    empty: dict[str, list[object]] = {"types": [], "topics": [], "tags": [], "notes": []}
    return {"deck": deck, **empty, "problems": _problems(problems, ()), "chunk": CHUNK}


def _problems(problems: Sequence[Diagnostic], notes: Sequence[CompiledNote]) -> list[dict[str, Any]]:
    """Return the problems, each with the number of the note that it stands in."""
    lines: dict[str, list[tuple[int, int]]] = {}
    for number, note in enumerate(notes):
        lines.setdefault(note.path, []).append((note.line, number))
    made = []
    for problem in problems:
        begun = lines.get(problem.span.file, [])
        place = bisect_right(begun, (problem.span.line, len(notes)))
        made.append(
            {
                "severity": problem.severity,
                "code": problem.code,
                "message": problem.message,
                "help": problem.help,
                "place": str(problem.span),
                "note": begun[place - 1][1] if place and problem.span.line else None,
            }
        )
    return made


def _at_media(text: str, files: Iterable[str]) -> str:
    """Put the folder of media before the names of files; each has a hash in it, so that nothing else reads like it."""
    names = sorted(files, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, names)), r"media/\g<0>", text) if names else text


def _topic(note: CompiledNote) -> str:
    return note.topic.subdeck or note.topic.title


class _Numbers:
    """Gives each name a number, in the order of their coming."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    @property
    def names(self) -> list[str]:
        return list(self._numbers)

    def of(self, name: str) -> int:
        return self._numbers.setdefault(name, len(self._numbers))
