"""What each kind of term asks of a card: functions from its text to a predicate."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deckgen.select.patterns import expression, named, plain, wildcards, without_marks, word

if TYPE_CHECKING:
    from collections.abc import Callable

    Predicate = Callable[["Candidate"], bool]

_CLOZE = re.compile(r"\{\{c[\d,]+::(.*?)(?:::.*?)?\}\}", re.DOTALL)  # to the first `}}`, nested or not, as in Anki
_BETWEEN = "\x1f"  # fields, as Anki stores them: `*` and regular expressions reach over it


@dataclass(frozen=True, slots=True)
class Candidate:
    """A card as a search sees it: Anki searches cards, and finds the notes that have one.

    `fields` maps names in lower case to HTML, `card` is the ordinal from 0, `template` that card's template; for Anki
    only the first card of a cloze note has one.
    """

    fields: dict[str, str]
    tags: tuple[str, ...]
    deck: str
    note_type: str
    card: int
    template: str | None
    is_cloze: bool = False

    @property
    def text(self) -> str:
        """Return all fields as one text."""
        return _BETWEEN.join(self.fields.values())


def text(value: str) -> Predicate:
    """Find a text anywhere."""
    wanted = plain(value)
    return lambda card: wanted.search(card.text) is not None


def regular(value: str) -> Predicate:
    """Find a regular expression anywhere (`re:`)."""
    wanted = expression(value)
    return lambda card: wanted.search(card.text) is not None


def whole_word(value: str) -> Predicate:
    """Find a word (`w:`)."""
    wanted = word(value)
    return lambda card: wanted.search(card.text) is not None


def no_marks(value: str) -> Predicate:
    """Find a text, whatever marks its letters have (`nc:`)."""
    wanted = plain(without_marks(value))
    return lambda card: wanted.search(without_marks(card.text)) is not None


def no_clozes(value: str) -> Predicate:
    """Find a text in cloze notes as if there were no clozes (`sc:`)."""
    wanted = plain(value)
    return lambda card: card.is_cloze and wanted.search(_CLOZE.sub(r"\1", card.text)) is not None


def negated_no_clozes(value: str) -> Predicate:
    """Find what Anki finds for `-sc:`: the text, in notes that have no clozes (half of it is negated)."""
    wanted = plain(value)
    return lambda card: not card.is_cloze and wanted.search(_CLOZE.sub(r"\1", card.text)) is not None


def in_field(name: str, value: str) -> Predicate:
    """Compare a field: as a whole, with `re:` any part of it, with `nc:` as a whole without marks."""
    which = named(name)
    if value.startswith("re:"):
        wanted = expression(value.removeprefix("re:"))
        return _field(which, lambda html: wanted.search(html) is not None)
    if value.startswith("nc:") and name != "*":  # for all fields Anki takes it for text
        wanted = plain(without_marks(value.removeprefix("nc:")))
        return _field(which, lambda html: wanted.fullmatch(without_marks(html)) is not None)
    wanted = plain(value)
    return _field(which, lambda html: wanted.fullmatch(html) is not None)


def _field(which: re.Pattern[str], is_meant: Callable[[str], bool]) -> Predicate:
    return lambda card: any(which.fullmatch(name) and is_meant(html) for name, html in card.fields.items())


def tag(value: str) -> Predicate:
    """Find a tag and those below it, with `re:` by any part of it, with `nc:` whatever marks its letters have."""
    if value.startswith("re:"):
        wanted = expression(value.removeprefix("re:"))
        return lambda card: any(wanted.search(each) for each in (*card.tags, ""))  # Anki splits ` a b ` at its blanks
    without = value.startswith("nc:")
    value = without_marks(value.removeprefix("nc:")) if without else value
    if value == "none":
        return lambda card: not card.tags
    if value == "*":
        return lambda _: True
    wanted = _with_those_below(value)
    return lambda card: any(wanted.fullmatch(without_marks(each) if without else each) for each in card.tags)


def deck(value: str) -> Predicate:
    """Find a deck and those below it."""
    wanted = _with_those_below(value)
    return lambda card: wanted.fullmatch(card.deck) is not None


def _with_those_below(value: str) -> re.Pattern[str]:
    return re.compile(f"(?:{wildcards(value)})(?:::.*)?", re.IGNORECASE | re.DOTALL)


def note(value: str) -> Predicate:
    """Find a note type."""
    wanted = named(value)
    return lambda card: wanted.fullmatch(card.note_type) is not None


def card(value: str) -> Predicate:
    """Find a card by its number, from 1, or by its template's name."""
    if value.isdecimal():
        return lambda card: card.card == max(int(value), 1) - 1
    wanted = named(value)
    return lambda card: card.template is not None and wanted.fullmatch(card.template) is not None
