"""What a reader sees of a field's HTML, as one line of plain text: for lists, searches and measures."""

from __future__ import annotations

import re
from html import unescape

_UNSEEN = re.compile(r"<(?:style|script)\b.*?</(?:style|script)>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_BREAK = re.compile(r"</?(?:br|p|div|li|tr|td|th|h[1-6]|pre|blockquote)\b[^>]*>", re.IGNORECASE)
_CLOZE = re.compile(r"\{\{c[0-9,]+::|(?:::(?:(?!\}\}|\{\{).)*)?\}\}", re.DOTALL)


def plain_text(html: str) -> str:
    """Return the text without tags, with clozes open and their hints gone."""
    if "{{c" in html:
        html = _CLOZE.sub("", html)
    if "<" in html:
        html = _UNSEEN.sub("", _BREAK.sub(" ", html))
    if "&" in html:
        html = unescape(html)
    return " ".join(html.split())
