"""Sounds and speech in a card's HTML, taken out of it as Anki does: a mark stays where each is played.

The notation (rslib, card_rendering): `[sound:file]`, and `[anki:tts lang=en_US voices="A B",C]text[/anki:tts]`. Other
names than tts are kept as they are, and no sound is looked for between them.
"""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

from deckgen.template.filters import decode, strip_html

_OPTION = r'[^\] \t\r\n=]++=(?>"[^"]*+"|[^\] \t\r\n"]*+)[ \t\r\n]*+'
_TAG = re.compile(
    r"\[sound:(?P<file>[^\]]+)\]|"
    rf"\[anki:(?P<name>[^\] \t\r\n]++)[ \t\r\n]*+(?P<options>(?:{_OPTION})*+)\](?P<text>.*?)\[/anki:(?P=name)\]",
    re.DOTALL,
)
_EACH_OPTION = re.compile(r'([^ \t\r\n=]+)=(?:"([^"]*)"|([^ \t\r\n]*))')

_BLOCKS = (
    "address article aside blockquote br canvas dd div dl dt fieldset figcaption figure footer form h[1-6] header hr li"
    " main nav noscript ol output p pre section table tfoot ul video"
)
_BLOCK = re.compile(f"</?(?:{_BLOCKS.replace(' ', '|')})>", re.IGNORECASE)  # each is a pause in speech


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
        if tag["file"] is not None:
            found.append(Sound(decode(tag["file"]).rpartition("/")[2]))  # media have no folders
        elif tag["name"] == "tts":
            speech = _speech(tag["options"], tag["text"])
            if not speech.language:
                return "[speech without a language]"
            found.append(speech)
        else:
            return _as_anki_writes(tag)
        return f"[anki:play:{side}:{len(found) - 1}]"

    return _TAG.sub(mark, html), tuple(found)


def without_sounds(html: str) -> str:
    """Return the HTML without sounds and speech."""
    if "[" not in html:
        return html
    return _TAG.sub(lambda tag: _as_anki_writes(tag) if tag["name"] not in (None, "tts") else "", html)


def _as_anki_writes(tag: re.Match[str]) -> str:
    written = "".join(f" {key}={_quoted(text)}" for key, text in _options(tag["options"]).items())
    return f"[anki:{tag['name']}{written}]{tag['text']}[/anki:{tag['name']}]"


def _quoted(text: str) -> str:
    return f'"{text}"' if re.search(r"[\] \t\r\n]", text) else text


def _options(written: str) -> dict[str, str]:
    return {key: quoted or plain for key, quoted, plain in _EACH_OPTION.findall(written)}


def _speech(written: str, text: str) -> Speech:
    options = _options(written)
    spoken = strip_html(_BLOCK.sub(" ", text)).replace("[...]", options.get("cloze_blank", "blank"))
    voices = tuple(options["voices"].split(",")) if "voices" in options else ()
    return Speech(spoken, options.get("lang", ""), voices, _number(options.get("speed", "")))


def _number(text: str) -> float:
    try:
        return float(text) if text.isascii() and "_" not in text else 1.0
    except ValueError:
        return 1.0
