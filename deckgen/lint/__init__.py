"""Rules about cards that compile but may not be what their author meant. One rule a file; `RULES` is the registry.

A rule is a function from a note and its file to findings. It reports nothing on a card that is fine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deckgen.diagnostics import warning
from deckgen.lint import comment_cuts_text, surprising_markup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deckgen.diagnostics import Diagnostic
    from deckgen.model import Note
    from deckgen.yamlsource import Source

RULES = (surprising_markup, comment_cuts_text)


def lint(note: Note, source: Source) -> Iterator[Diagnostic]:
    """Yield what the rules find in a note."""
    for rule in RULES:
        for node, piece, message, help_ in rule.check(note, source):
            yield warning(source.span_in(node, piece) if piece else source.span(node), rule.CODE, message, help_)
