"""What a card asks a learner to type, and what it is compared with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from deckgen.template.clozes import to_type
from deckgen.template.filters import LINE_BREAKS, strip_html
from deckgen.template.parsing import BLANKS
from deckgen.template.sounds import without_sounds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deckgen.model import NoteType

_ASKED = re.compile(r"\[\[type:(.+?)\]\]")


class TypedAnswer(NamedTuple):
    """The answer expected, as plain text; `combining` is False where marks on letters do not count (`type:nc:`)."""

    expected: str
    combining: bool
    found: bool
    """False where the field is not there, or has no such cloze."""


def typed_answer(note_type: NoteType, fields: Sequence[str], ordinal: int, html: str) -> TypedAnswer | None:
    """Return what the first `[[type:…]]` of a rendered side asks for; None if the side has none."""
    asked = _ASKED.search(html) if "[[type:" in html else None
    if asked is None:
        return None
    way, colon, name = asked[1].partition(":")
    if not colon or way not in ("cloze", "nc"):
        way, name = "", asked[1]
    values = dict(zip(note_type.field_names(), fields, strict=True))
    if name not in values:
        return TypedAnswer("", combining=True, found=False)
    answer = to_type(values[name], ordinal + 1) if way == "cloze" else values[name]
    return TypedAnswer(as_compared(answer), combining=way != "nc", found=bool(answer) or way != "cloze")


def as_compared(html: str) -> str:
    """Return HTML as Anki compares it with what was typed (rslib, typeanswer.rs)."""
    return strip_html(LINE_BREAKS.sub(" ", without_sounds(html))).strip(BLANKS)
