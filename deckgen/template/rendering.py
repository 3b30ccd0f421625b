"""A card's two sides, as Anki's reviewer is given them (rslib, template.rs).

tests/test_rendering.py compares them with Anki's for thousands of generated templates and notes.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from deckgen import cloze
from deckgen.model import Kind
from deckgen.template import clozes, filters
from deckgen.template.cards import is_empty, renders
from deckgen.template.checking import is_cloze_condition
from deckgen.template.parsing import Replacement, Section, Text, parse
from deckgen.template.sounds import Played, take_sounds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deckgen.model import NoteType
    from deckgen.template.parsing import Part, Slip


class Side(NamedTuple):
    """A side's HTML, with `[anki:play:q:0]` in the places of its sounds and `[[type:…]]` for what is typed."""

    html: str
    sounds: tuple[Played, ...]


class Sides(NamedTuple):
    """Both sides of a card."""

    question: Side
    answer: Side


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a card shows that is not in its fields: the note's tags, the card's deck and flag (0 for none)."""

    tags: tuple[str, ...]
    deck: str
    flag: int = 0


class CardRenderer:
    """Renders the cards of one note type; its templates are parsed once."""

    def __init__(self, note_type: NoteType) -> None:
        self._type = note_type
        self._is_cloze = note_type.kind is Kind.CLOZE
        self._names = note_type.field_names()
        self._templates = [(parse(t.front), parse(t.back)) for t in note_type.templates]

    def card(self, fields: Sequence[str], ordinal: int, around: Circumstances) -> Sides:
        """Return the sides of a note's card; `ordinal` counts from 0, for a cloze it is the number less 1."""
        place = 0 if self._is_cloze else ordinal
        (front, front_slips), (back, back_slips) = self._templates[place]
        values = {f"c{ordinal + 1}": "1"} | dict(zip(self._names, fields, strict=True)) | self._special(place, around)
        filled = {name for name, text in values.items() if not is_empty(text)}
        card = _Card(values, filled, ordinal + 1)
        try:
            question = card.side(front, front_slips, "Front", None)
            missing = self._missing(fields, front, filled, ordinal)
            if missing:
                return Sides(Side(*take_sounds(question + missing, "q")), Side(missing, ()))
            asked = Side(*take_sounds(question, "q"))
            answer = card.side(back, back_slips, "Back", asked.html)
        except _TemplateError as wrong:
            return Sides(Side(str(wrong), ()), Side(str(wrong), ()))
        return Sides(asked, Side(*take_sounds(answer, "a")))

    def _special(self, place: int, around: Circumstances) -> dict[str, str]:
        return {
            "Tags": " ".join(around.tags),
            "Type": self._type.name,
            "Deck": around.deck,
            "Subdeck": around.deck.rsplit("::", 1)[-1],
            "Card": self._type.templates[place].name,
            "CardFlag": f"flag{around.flag}",
        }

    def _missing(self, fields: Sequence[str], front: Sequence[Part], filled: set[str], ordinal: int) -> str:
        """Say that a card asks nothing, if it does not."""
        if self._is_cloze:
            return "" if ordinal + 1 in cloze.cards(fields) else _notice(f"No cloze {ordinal + 1} found on card.")
        return "" if renders(front, filled) else _notice("The front of this card is blank.")


class _TemplateError(Exception):
    """A side that cannot be shown; its text is the HTML that is shown instead."""


@dataclass(frozen=True, slots=True)
class _Card:
    """What one card's templates are filled with. `number` is that of its cloze."""

    values: dict[str, str]
    filled: set[str]
    number: int

    def side(self, parts: Sequence[Part], slips: list[Slip], name: str, front: str | None) -> str:
        """Return a side's HTML; `front` is the question's for the back, None for the front itself."""
        wrong = slips[0].message if slips else ""
        try:
            html = "" if slips else "".join(self._all(parts, front))
        except _TemplateError as failed:
            wrong = str(failed)
        if wrong:
            raise _TemplateError(_notice(f"{name} template has a problem:<br>{escape(wrong)}"))
        return html

    def _all(self, parts: Sequence[Part], front: str | None) -> Iterator[str]:
        for part in parts:
            if isinstance(part, Text):
                yield part.text
            elif isinstance(part, Replacement):
                yield self._replacement(part, front)
            else:
                inside = list(self._all(part.children, front))  # what is wrong in there is wrong either way
                yield from inside if self._holds(part) is not part.negated else ()

    def _holds(self, section: Section) -> bool:
        name = section.field
        if name in self.filled:
            return True
        if name in self.values or is_cloze_condition(name):
            return False
        raise _TemplateError(f"Found {section.written}, but there is no field called '{name}'")

    def _replacement(self, part: Replacement, front: str | None) -> str:
        if part.field == "FrontSide":
            return front or ""
        if not part.field and part.filters:
            return ""
        if part.field not in self.values:
            raise _TemplateError(f"Found {part.written}, but there is no field called '{part.field}'")
        return self._filtered(part.field, part.filters, is_question=front is None)

    def _filtered(self, field: str, written: tuple[str, ...], *, is_question: bool) -> str:
        """Apply filters, the one next to the field first; from one that Anki does not know on, none is applied."""
        if written[:1] == ("type",):  # whatever stands between
            return f"[[type:{written[1]}:{field}]]" if written[1:] in (("cloze",), ("nc",)) else f"[[type:{field}]]"
        html = self.values[field]
        for name in reversed(written):
            if name in _PLAIN_FILTERS:
                html = _PLAIN_FILTERS[name](html)
            elif name == "type":
                html = f"[[type:{field}]]"
            elif name == "hint":
                html = filters.hint(html, field)
            elif name == "cloze":
                html = clozes.reveal(html, self.number, is_question=is_question)
            elif name == "cloze-only":
                html = clozes.reveal_only(html, self.number, is_question=is_question)
            elif name.startswith("tts "):
                html = filters.speech(html, name.removeprefix("tts "))
            elif name:
                break
        return html


_PLAIN_FILTERS = {
    "text": filters.strip_html,
    "furigana": filters.furigana,
    "kana": filters.kana,
    "kanji": filters.kanji,
}


def _notice(text: str) -> str:
    """Return what is shown in the place of a card."""
    return f"<div>{text}</div>"
