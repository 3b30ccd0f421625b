"""Markup that is Markdown by its letters and perhaps not by its author's mind: `2*3*4`, `__init__`.

Source: CommonMark 0.31, 6.2 (emphasis), and what people write in cards on arithmetic and Python.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deckgen.model import Markup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deckgen.model import Note
    from deckgen.yamlsource import Scalar, Source

CODE = "surprising-markup"

_CODE = re.compile(r"(`+)(?!`)[^`]*(?<!`)\1(?!`)|^(~{3,}).*?^\2", re.DOTALL | re.MULTILINE)
_MATH = re.compile(r"\$[^$]*\$|\\\((?:[^\\]|\\(?!\)|\())*\\\)|\\\[(?:[^\\]|\\(?!\]|\[))*\\\]", re.DOTALL)
_ESCAPES = re.compile(r"\\.")
_SURPRISES = (
    (
        re.compile(r"(?<=[\w)])(\*\*?)(?=[\w(])[^*\n]*(?<=[\w)])\1(?=[\w(])"),
        "stars between words are emphasis: they vanish",
        r"write \* for a star, or put formulas in $…$",
    ),
    (
        re.compile(r"(?<!\w)__[A-Za-z]\w*__(?!\w)"),
        "underscores around a word are emphasis: they vanish and the word becomes bold",
        "put names from programs in `…`",
    ),
)
_BACKSLASH = re.compile(
    r"(?<!^\d)(?<=[\w\])}+*?])\\[.,;:!?%@/'\"=^+\\]|^\\\\\w|(?<=\s)\\[;!%/'\"=^\\]|^\\[!]$|\b[A-Za-z]:\\[*_\[(#.]|(?<=[A-Za-z]{3})\\\*(?=\.)"
)
_MANY = 200
_DOLLARS = re.compile(r"\$[\w{][^$\n]*\$(?!(?:th|st|nd|rd|s|D|NN)\b)[A-Za-z{]")


def check(note: Note, source: Source) -> Iterator[tuple[Scalar, str, str, str]]:  # noqa: ARG001 - a rule's form
    """Find stars inside arithmetic, underscores that belong to a name, backslashes of paths, dollars of a shell."""
    if note.markup is Markup.HTML:
        return
    for node in note.written.values():
        for found, message, help_ in _surprises(node.text):
            yield node, found, message, help_


def _surprises(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield the pieces of a text that may not be meant as markup."""
    if text.count("`") > _MANY:
        return  # no card that anybody wrote
    if "`" in text or "~~~" in text:
        text = _CODE.sub(" ", text)
    if "$" in text and (found := _DOLLARS.search(text)):
        message = "what stands between these dollars is taken for math"
        yield found[0], message, r"write \$ for a dollar, or put programs in `…`"
    if "\\" in text or "*" in text or "__" in text:
        text = _MATH.sub(" ", text)
    if "\\" in text and (found := _BACKSLASH.search(text)):
        yield found[0], "a backslash before punctuation vanishes", r"write \\ for a backslash, or put programs in `…`"
    plain = _ESCAPES.sub(" ", text) if "*" in text or "__" in text else ""
    for pattern, message, help_ in _SURPRISES:
        if found := pattern.search(plain):
            yield found[0], message, help_
