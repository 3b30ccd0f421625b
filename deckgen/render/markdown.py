"""One text, as an author typed it, to HTML as it stands in an Anki field."""

from __future__ import annotations

import re

import pyromark

from deckgen.render.highlight import highlight
from deckgen.render.protect import Protector, worth_protecting

_OPTIONS = pyromark.Options.ENABLE_TABLES | pyromark.Options.ENABLE_STRIKETHROUGH

# A text with none of these is its own HTML; most answers are.
_SPECIAL = re.compile(r"[\\`*_\[\]<>&~\n$]|\{\{c|[\U000f0000-\U000f001f]")

# A line that begins with a word is a paragraph whatever follows; so is `1. January` behind this, and it stays text.
_INLINE = "x "
_INLINE_HTML = len("<p>x ")


def to_html(text: str) -> str:
    """Render Markdown. A text of one line is inline Markdown: no lists, headings, quotes or rules."""
    text = text.strip("\n")
    if _SPECIAL.search(text) is None:
        return text
    if not worth_protecting(text):
        return _render(text)
    protector = Protector()
    return protector.restore(_render(protector.hide(text)))


def _render(text: str) -> str:
    if "\n" not in text:
        return pyromark.html(_INLINE + text, options=_OPTIONS)[_INLINE_HTML:].removesuffix("</p>\n")
    html = pyromark.html(text, options=_OPTIONS, highlight=highlight).removesuffix("\n")
    if html.startswith("<p>") and html.count("<p>") == 1 and html.endswith("</p>"):
        return html[len("<p>") : -len("</p>")]  # one paragraph is a line that was folded
    return html
