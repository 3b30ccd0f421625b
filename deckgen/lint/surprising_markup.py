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

_OWN_NOTATION = re.compile(r"(`+).*?\1|\$.*?\$|\\\(.*?\\\)|\\\[.*?\\\]|\\.", re.DOTALL)
_SURPRISES = (
    (
        re.compile(r"(?<=[\w)])\*(?=[\w(])[^*\n]*(?<=[\w)])\*(?=[\w(])"),
        "stars between words are emphasis: they vanish and the text becomes italic",
        r"write \* for a star, or put formulas in $…$",
    ),
    (
        re.compile(r"(?<!\w)__[A-Za-z]\w*__(?!\w)"),
        "underscores around a word are emphasis: they vanish and the word becomes bold",
        "put names from programs in `…`",
    ),
)


def check(note: Note, source: Source) -> Iterator[tuple[Scalar, str, str, str]]:  # noqa: ARG001 - a rule's form
    """Find stars inside arithmetic and underscores that belong to a name."""
    if note.markup is Markup.HTML:
        return
    for node in note.written.values():
        if "*" in node.text or "__" in node.text:
            text = _OWN_NOTATION.sub(" ", node.text)
            for pattern, message, help_ in _SURPRISES:
                if found := pattern.search(text):
                    yield node, found[0], message, help_
