"""Sounds and speech in a card's HTML, taken out of it as Anki does: a mark stays where each is played."""

from __future__ import annotations

import re
from html import unescape
from typing import NamedTuple, TypeAlias

from deckgen.template.filters import strip_html

_TAG = re.compile(
    r"\[sound:(?P<file>[^\[\]]*?)\]|\[anki:tts\s(?P<options>[^\[\]]*?)\](?P<text>.*?)\[/anki:tts\]", re.DOTALL
)
_BREAKS = re.compile(r"<br\s?/?>|</?div>", re.IGNORECASE)


class Sound(NamedTuple):
    """`[sound:file]`: a file to be played."""

    file: str


class Speech(NamedTuple):
    """`{{tts en_US voices=A,B speed=1.2:Field}}`: a text to be read aloud."""

    text: str
    language: str
    voices: tuple[str, ...]
    speed: float


Played: TypeAlias = Sound | Speech


def take_sounds(html: str, side: str) -> tuple[str, tuple[Played, ...]]:
    """Return the HTML with `[anki:play:q:0]` in the places of sounds, and these; `side` is q or a."""
    if "[" not in html:
        return html, ()
    found: list[Played] = []

    def mark(tag: re.Match[str]) -> str:
        found.append(Sound(unescape(tag["file"])) if tag["file"] is not None else _speech(tag["options"], tag["text"]))
        return f"[anki:play:{side}:{len(found) - 1}]"

    return _TAG.sub(mark, html), tuple(found)


def _speech(options: str, text: str) -> Speech:
    given = dict(option.split("=", 1) for option in options.split() if "=" in option)
    voices = given.get("voices", "")
    spoken = strip_html(_BREAKS.sub(" ", text.replace("[...]", "blank")))
    return Speech(
        spoken, given.get("lang", ""), tuple(voices.split(",")) if voices else (), _number(given.get("speed", ""))
    )


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 1.0
