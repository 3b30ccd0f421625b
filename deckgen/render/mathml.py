r"""Math as browsers draw it by themselves: `\(…\)` and `\[…\]` in a card's HTML become MathML.

Anki has MathJax for this, a library of megabytes. What cannot be converted stays as its source, marked as such.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape, unescape
from xml.etree import ElementTree as ET

# Markup between the delimiters keeps MathJax from seeing them as one formula, and so it does here; line breaks do not.
_MATH = re.compile(r"\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
_BREAK = re.compile(r"<br ?/?>", re.IGNORECASE)
_NAMESPACE = "{http://www.w3.org/1998/Math/MathML}m"
_COMMAND = re.compile(r"\s*\\[A-Za-z]")
_MAX_SOURCE = 4_000


def with_mathml(html: str) -> str:
    """Return a card's HTML with its formulas as MathML. Raises ModuleNotFoundError without latex2mathml."""
    return _MATH.sub(_formula, html) if "\\(" in html or "\\[" in html else html


def _formula(found: re.Match[str]) -> str:
    is_block = found[1] is None
    source = _BREAK.sub("\n", found[2] if is_block else found[1])
    if "<" in source:
        return found[0]
    return _converted(unescape(source), is_block=is_block)


@lru_cache(maxsize=4096)
def _converted(source: str, *, is_block: bool) -> str:
    from latex2mathml.converter import convert  # noqa: PLC0415 - an extra; few cards hold math

    display = "block" if is_block else "inline"
    try:
        made = convert(source, display=display) if len(source) <= _MAX_SOURCE else ""
    except Exception:  # noqa: BLE001 - whatever a parser raises at what it does not know
        made = ""
    if not made or not _is_sound(made):
        return f'<code class="math-source" title="This formula cannot be drawn here">{escape(source)}</code>'
    return made


def _is_sound(made: str) -> bool:
    """Tell whether all is MathML (the converter lets HTML in `\\text` through) and no command was left over."""
    try:
        elements = list(ET.fromstring(made).iter())  # noqa: S314 - a declaration inside the root is an error
    except ET.ParseError:
        return False
    return all(e.tag.startswith(_NAMESPACE) and e.tag != f"{_NAMESPACE}error" for e in elements) and not any(
        _COMMAND.match(e.text or "") for e in elements
    )
