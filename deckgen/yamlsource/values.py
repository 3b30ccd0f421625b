"""YAML values that know where they stand, and the file they stand in."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TypeAlias

from deckgen.diagnostics import Span

LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What YAML 1.1 counts as a line end: the lines we show must be the ones libyaml counted."""

FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
"""Characters that no text may hold: U+001F, for one, parts the fields in Anki's database."""

# The three kinds of value are not frozen: a frozen dataclass takes three times as long to make, and a
# large deck makes a million. Nobody changes them after loading.


@dataclass(slots=True, eq=False)
class Scalar:
    """A text as typed. `line` and `column` count from 0, as libyaml does; `style` is `'`, `"`, `|`, `>` or ``."""

    text: str
    line: int
    column: int
    style: str | None

    kind = "text"


@dataclass(slots=True, eq=False)
class Sequence:
    """A list of values."""

    items: list[Node]
    line: int
    column: int

    kind = "list"


@dataclass(slots=True, eq=False)
class Mapping:
    """Keys and values, in the order of the file: key text -> (key, value)."""

    pairs: dict[str, tuple[Scalar, Node]]
    line: int
    column: int
    is_broken: bool = False
    """A problem with its keys is reported already."""

    kind = "map"


Node: TypeAlias = Scalar | Sequence | Mapping


@dataclass(frozen=True, slots=True)
class Source:
    """A file's text, to find places in it again when there is something to say about them."""

    file: str
    text: str
    _lines: list[str] = field(default_factory=list, compare=False, repr=False)

    def lines(self) -> list[str]:
        """Return the lines; parted only when first asked for."""
        if not self._lines:
            self._lines.extend(LINE_BREAK.split(self.text))
        return self._lines

    def span(self, node: Node) -> Span:
        """Return where a value begins; its length is that of its first line."""
        length = len(node.text.split("\n", 1)[0]) if isinstance(node, Scalar) else 1
        return Span(self.file, node.line + 1, node.column + 1, max(1, length))

    def span_in(self, node: Node, piece: str, nth: int = 0) -> Span:
        """Return where the nth `piece` stands inside a value, or the value itself if it is not found as such."""
        whole = self.span(node)
        lines = self.lines()
        for number in range(node.line, len(lines)):
            column = node.column if number == node.line else 0
            while (column := lines[number].find(piece, column)) >= 0:
                if nth == 0:
                    return Span(self.file, number + 1, column + 1, len(piece))
                nth -= 1
                column += len(piece)
        return whole


@dataclass(frozen=True, slots=True)
class Written:
    """A text, and where it was written: in a YAML value, or in a file of its own (then `node` is None)."""

    source: Source
    text: str
    node: Node | None = None

    def span(self, piece: str = "") -> Span:
        """Return the place of a piece of the text, or of the text as a whole."""
        start = self.node or Scalar("", 0, 0, None)
        return self.source.span_in(start, piece) if piece else self.source.span(start)
