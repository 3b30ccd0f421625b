"""Where a card comes from, as a line of HTML for its `Source` field."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deckgen.model import Citation

_NOTATION = re.compile(r"\[(?=sound:|latex\]|\$|anki:)|\{(?=\{)")
_ENTITIES = {"[": "&#91;", "{": "&#123;"}


@lru_cache(maxsize=1024)
def citation_html(citation: Citation) -> str:
    """Return title (linked), author, section, page and quote; or the free text of a card without a listed source."""
    parts = []
    if citation.source:
        source = citation.source
        title = plain_html(source.title or source.id)
        url = citation.url or source.url
        parts.append(f'<a href="{escape(url)}">{title}</a>' if url else title)
        parts += [plain_html(part) for part in (source.author, source.date) if part]
    elif citation.text:
        parts.append(_linked(citation.text))
    if citation.section:
        parts.append(plain_html(citation.section))
    if citation.page:
        parts.append("p. " + plain_html(citation.page))
    if citation.quote:
        parts.append(f"<q>{plain_html(citation.quote)}</q>")
    return " · ".join(parts)


def plain_html(text: str) -> str:
    """Write a text as HTML in which Anki finds no sound, no LaTeX and no cloze."""
    return _NOTATION.sub(lambda found: _ENTITIES[found[0]], escape(text, quote=False))


def _linked(text: str) -> str:
    if text.startswith(("https://", "http://")) and " " not in text:
        return f'<a href="{escape(text)}">{plain_html(text)}</a>'
    return plain_html(text)
