"""Where a card comes from, as a line of HTML for its `Source` field."""

from __future__ import annotations

from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deckgen.model import Citation


@lru_cache(maxsize=1024)
def citation_html(citation: Citation) -> str:
    """Return title (linked), author, section, page and quote; or the free text of a card without a listed source."""
    parts = []
    if citation.source:
        source = citation.source
        title = escape(source.title or source.id, quote=False)
        url = citation.url or source.url
        parts.append(f'<a href="{escape(url)}">{title}</a>' if url else title)
        parts += [escape(part, quote=False) for part in (source.author, source.date) if part]
    elif citation.text:
        parts.append(_linked(citation.text))
    if citation.section:
        parts.append(escape(citation.section, quote=False))
    if citation.page:
        parts.append("p. " + escape(citation.page, quote=False))
    if citation.quote:
        parts.append(f"<q>{escape(citation.quote, quote=False)}</q>")
    return " · ".join(parts)


def _linked(text: str) -> str:
    if text.startswith(("https://", "http://")) and " " not in text:
        return f'<a href="{escape(text)}">{escape(text, quote=False)}</a>'
    return escape(text, quote=False)
