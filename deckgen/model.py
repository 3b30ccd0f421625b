"""What a deck is: plain values that flow from `schema` through `render` to the writers.

Terms are Anki's: a note has fields and one note type; the templates of the note type give cards.
Places (`at`, `written`) take no part in equality, so that two decks compare by what they say.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from deckgen.diagnostics import Span

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from deckgen.yamlsource import Node, Scalar, Written

BASIC = "built-in/basic"
CLOZE = "built-in/cloze"
IMAGE_OCCLUSION = "built-in/image-occlusion"
"""Keys of the built-in note types; an author's own has its id or name as key."""


class Kind(StrEnum):
    """How a note type makes cards: one for each template, or one for each cloze number."""

    NORMAL = "normal"
    CLOZE = "cloze"


class Markup(StrEnum):
    """What language the fields are written in."""

    MARKDOWN = "markdown"
    HTML = "html"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a note type. Anki follows a rename only where `key`, which makes its id, stays."""

    name: str
    key: str
    role: int | None = None
    """The part it plays in Anki's image occlusion, 0 to 4 (`tag` in Anki's own data)."""


@dataclass(frozen=True, slots=True)
class Template:
    """A card template: the HTML of both sides, in Anki's template language."""

    name: str
    key: str
    front: str
    back: str
    written: tuple[Written, Written] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class NoteType:
    """Fields, templates and CSS. `key` is unique in the deck and makes the id; `name` is what Anki shows."""

    key: str
    name: str
    kind: Kind
    fields: tuple[Field, ...]
    templates: tuple[Template, ...]
    css: str = ""
    at: Span = field(default=Span(""), compare=False)

    def field_names(self) -> list[str]:
        """Return the names in order."""
        return [f.name for f in self.fields]


@dataclass(frozen=True, slots=True)
class Source:
    """A work that cards were extracted from."""

    id: str
    title: str = ""
    author: str = ""
    url: str = ""
    publisher: str = ""
    date: str = ""
    retrieved: str = ""
    license: str = ""


@dataclass(frozen=True, slots=True)
class Citation:
    """Where in a source a card comes from; or, without a source, just a text."""

    source: Source | None = None
    section: str = ""
    page: str = ""
    url: str = ""
    quote: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Options:
    """The deck's preset in Anki; None leaves Anki's default. Steps are texts like `10m` or `1d`."""

    new_per_day: int | None = None
    reviews_per_day: int | None = None
    desired_retention: float | None = None
    maximum_interval: int | None = None
    learning_steps: tuple[str, ...] | None = None
    relearning_steps: tuple[str, ...] | None = None
    bury_siblings: bool | None = None


@dataclass(frozen=True, slots=True)
class Edition:
    """A named way to build the deck: only the notes that `select` finds."""

    name: str
    select: str
    at: Span = field(default=Span(""), compare=False)


@dataclass(frozen=True, slots=True)
class Deck:
    """What deck.yaml says. `folder` is where topic files, media and CSS files are looked for."""

    id: str
    name: str
    folder: Path
    description: str = ""
    tag: str = ""
    subdecks: Literal["none", "topic"] = "none"
    language: str = "en"
    theme: str = "paper"
    css: str = ""
    markup: Markup = Markup.MARKDOWN
    topics: tuple[Scalar, ...] = field(default=(), compare=False)
    tags: tuple[str, ...] = ()
    citation: Citation = Citation()
    sources: Mapping[str, Source] = field(default_factory=dict)
    options: Options = Options()
    editions: tuple[Edition, ...] = ()
    note_types: Mapping[str, NoteType] = field(default_factory=dict)
    broken_types: frozenset[str] = frozenset()
    """Names of declared note types with errors: their cards need no report of their own."""
    at: Mapping[str, Span] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Topic:
    """What the head of a topic file says, with the deck's defaults already in it."""

    title: str
    tags: tuple[str, ...]
    """All that each note gets: the topic's own (`root::a::b`), the deck's and the file's."""
    citation: Citation = Citation()
    markup: Markup = Markup.MARKDOWN
    subdeck: str = ""
    """The topic's path as deck names, `A::B`, for decks with a subdeck for each topic."""


@dataclass(frozen=True, slots=True)
class Mask:
    """A shape over an image, in fractions of its width and height; notes with equal numbers share a card."""

    number: int
    shape: str
    """rect, ellipse or polygon."""
    numbers: tuple[float, ...]
    label: str = ""


@dataclass(slots=True)
class Note:
    """One entry of `cards:`. Not frozen only because freezing doubles the cost of making one.

    `fields` holds the author's text by field name, not yet rendered; `written` where each stands.
    """

    type: str
    fields: dict[str, str]
    tags: tuple[str, ...]
    citation: Citation
    markup: Markup
    topic: Topic
    id: str = ""
    masks: tuple[Mask, ...] = ()
    hide_all: bool = True
    alt: str = ""
    at: Node | None = field(default=None, compare=False)
    id_at: Node | None = field(default=None, compare=False)
    written: dict[str, Scalar] = field(default_factory=dict, compare=False)
