"""Fenced code to coloured HTML. Clozes may stand in it, so their markers are set aside and put back."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pygments.lexer import Lexer

_MARKERS = re.compile("‡?[\U000f0000-\U000f001f]+‡?")


def highlight(language: str | None, code: str) -> str | None:
    """Return the HTML of a code block, or None where the language is not known. Classes are Pygments' own."""
    lexer = _lexer(language) if language else None
    if lexer is None:
        return None
    aside: list[tuple[int, str]] = []
    clean, done = [], 0
    for marker in _MARKERS.finditer(code):
        clean.append(code[done : marker.start()])
        aside.append((sum(map(len, clean)), marker[0]))
        done = marker.end()
    clean.append(code[done:])
    return f'<pre class="code"><code>{_spans(lexer, "".join(clean), aside)}</code></pre>'


@lru_cache(maxsize=64)
def _lexer(language: str) -> Lexer | None:
    from pygments.lexers import get_lexer_by_name  # noqa: PLC0415 - slow to import, and few cards hold code
    from pygments.util import ClassNotFound  # noqa: PLC0415

    try:
        return get_lexer_by_name(language)
    except ClassNotFound:
        return None


def _spans(lexer: Lexer, code: str, aside: list[tuple[int, str]]) -> str:
    """Colour the code, with each marker at its place, outside of any span."""
    from pygments.token import STANDARD_TYPES, Text  # noqa: PLC0415

    html = []
    waiting = iter([*aside, (len(code) + 1, "")])
    place, marker = next(waiting)
    for start, kind, text in lexer.get_tokens_unprocessed(code):
        while kind not in STANDARD_TYPES and kind.parent is not None:
            kind = kind.parent  # noqa: PLW2901 - the nearest kind that has a class
        name = STANDARD_TYPES.get(kind, "") if kind is not Text else ""
        done = 0
        while place < start + len(text):
            html.append(_span(name, text[done : place - start]) + marker)
            done = place - start
            place, marker = next(waiting)
        html.append(_span(name, text[done:]))
    html.append(marker if place <= len(code) else "")
    html.extend(late for _, late in waiting if late)
    return "".join(html)


def _span(name: str, text: str) -> str:
    if not text or not name:
        return escape(text, quote=False)
    return f'<span class="{name}">{escape(text, quote=False)}</span>'
