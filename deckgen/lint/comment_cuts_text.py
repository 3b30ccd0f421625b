"""A `#` after a blank ends an unquoted text in YAML: of `What is issue #5?` only `What is issue` is left.

A real comment has a blank after its `#`, or stands on a line of its own; those are left alone.
Source: YAML 1.2, 6.6.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deckgen.model import Note
    from deckgen.yamlsource import Scalar, Source

CODE = "comment-cuts-text"

_CUT = re.compile(r"\s#[^\s#!]")


def check(note: Note, source: Source) -> Iterator[tuple[Scalar, str, str, str]]:
    """Find unquoted texts that go on after a `#`."""
    lines = source.lines()
    for node in note.written.values():
        if not node.style and "\n" not in node.text:
            rest = lines[node.line][node.column + len(node.text) :]
            if lines[node.line].startswith(node.text, node.column) and (cut := _CUT.match(rest)):
                yield (
                    node,
                    cut[0].strip() + rest[cut.end() : cut.end() + 10].split(" ")[0],
                    f"YAML takes the rest of the line for a comment: this text ends at '{node.text[-20:]}'",
                    "put the whole text in quotes",
                )
