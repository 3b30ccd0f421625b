"""What Anki's reviewer does with a rendered card before it is seen, done for a browser.

Math is drawn, `[anki:play:…]` becomes a button, `[[type:…]]` a box to type in or the place of the comparison. The page
around the card gives buttons and boxes their life (preview/static/enliven.js).
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from deckgen.model import Kind
from deckgen.render.mathml import with_mathml
from deckgen.template.answers import typed_answer
from deckgen.template.rendering import CardRenderer, Circumstances
from deckgen.template.sounds import Sound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deckgen.model import NoteType
    from deckgen.template.answers import TypedAnswer
    from deckgen.template.rendering import Side, Sides
    from deckgen.template.sounds import Speech

_PLAY = re.compile(r"\[anki:play:([qa]):(\d+)\]")
_SCRIPT = re.compile(r"<script\b.*?</script\s*>", re.DOTALL | re.IGNORECASE)
_RULE = "<hr id=answer>"
_FONT = "font-family: 'Liberation Sans'; font-size: 20px"
"""The font of a field, as genanki writes it; Anki sets it on what is typed there."""

_TYPE = re.compile(r"\[\[type:.+?\]\]", re.DOTALL)


class Shown(NamedTuple):
    """A card as a browser shows it: its template's name and the HTML of both sides."""

    name: str
    front: str
    back: str


class Reviewer:
    """Shows the cards of one note type. Raises ModuleNotFoundError for math where latex2mathml is missing."""

    def __init__(self, note_type: NoteType) -> None:
        self._type = note_type
        self._renderer = CardRenderer(note_type)

    def card(self, fields: Sequence[str], ordinal: int, around: Circumstances) -> Shown:
        """Return the card of a note; `ordinal` counts from 0."""
        sides = self._renderer.card(fields, ordinal, around)
        front, back = (_side(sides, side, typed_answer(self._type, fields, ordinal, side.html)) for side in sides)
        is_cloze = self._type.kind is Kind.CLOZE
        name = f"Cloze {ordinal + 1}" if is_cloze else self._type.templates[ordinal].name
        return Shown(name, front, back)


def _side(sides: Sides, side: Side, typed: TypedAnswer | None) -> str:
    is_front = side is sides.question
    html = _SCRIPT.sub("", with_mathml(side.html))  # would not run; a browser complains of each
    if "[anki:play:" in html:
        html = _PLAY.sub(lambda found: _played(sides, found), html)
    if typed is None:
        return html
    box = _box(typed, is_front=is_front)
    if box and _RULE in html and not is_front:
        html, box = html.replace(_RULE, ""), _RULE + box  # aqt, reviewer.py: the rule goes before the comparison
    return _TYPE.sub(lambda _: box, html)


def _played(sides: Sides, found: re.Match[str]) -> str:
    """Return the button of a sound; the front may stand on the back with its own."""
    sounds = (sides.question if found[1] == "q" else sides.answer).sounds
    number = int(found[2])
    return _button(sounds[number]) if number < len(sounds) else ""


def _button(sound: Sound | Speech) -> str:
    if isinstance(sound, Sound):
        what, label = f'data-sound="{escape(sound.file)}"', f"Play {sound.file}"
    else:
        what = f'data-speak="{escape(sound.text)}" data-lang="{escape(sound.language)}"'
        label = "Read aloud"
    return f'<button type="button" class="replay-button soundLink" {what} aria-label="{escape(label)}"></button>'


def _box(typed: TypedAnswer, *, is_front: bool) -> str:
    if not typed.found:
        return "Type answer: unknown field"
    if not typed.expected:
        return ""
    if is_front:
        box = f'<input type="text" id="typeans" aria-label="Your answer" autocomplete="off" style="{_FONT}">'
        return f"<center>{box}</center>"
    marks = "true" if typed.combining else "false"
    data = f'data-expected="{escape(typed.expected)}" data-combining="{marks}"'
    return f'<div class="typed" style="{_FONT}" {data}></div>'
