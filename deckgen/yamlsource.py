"""YAML bytes to values that know where they stand.

This module knows YAML and nothing of decks. It differs from a usual loader in three ways: scalars stay
the text that was typed (`no`, `1.10` and `~` are not interpreted), every value has its line and column,
and whatever is wrong comes back as diagnostics. It reads libyaml's events one by one, so that a hostile
file (deep nesting, alias bombs) is refused as soon as it shows, not after it has been built.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from yaml import AliasEvent, MappingEndEvent, MappingStartEvent, MarkedYAMLError, ScalarEvent, SequenceEndEvent
from yaml import DocumentStartEvent as DocumentStart
from yaml import StreamEndEvent as StreamEnd
from yaml.cyaml import CParser

from deckgen.diagnostics import Diagnostic, Span, error
from deckgen.yamlerrors import explain

if TYPE_CHECKING:
    from yaml.events import Event, NodeEvent

MAX_DEPTH = 64
"""Deeper nesting than any deck needs; a file of 100,000 brackets ends here."""

ALIAS_BUDGET = 100_000
"""Values that aliases may add to a file (or ten times its own number of values, if that is more)."""

# What YAML 1.1 counts as a line end: the lines we show must be the ones libyaml counted.
LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]|\ufeff")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


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

    kind = "map"


Node: TypeAlias = Scalar | Sequence | Mapping


@dataclass(frozen=True, slots=True)
class Source:
    """A file's text, to find places in it again when there is something to say about them."""

    file: str
    text: str

    def span(self, node: Node) -> Span:
        """Return where a value begins; its length is that of its first line."""
        length = len(node.text.split("\n", 1)[0]) if isinstance(node, Scalar) else 1
        return Span(self.file, node.line + 1, node.column + 1, max(1, length))

    def span_in(self, node: Node, piece: str, nth: int = 0) -> Span:
        """Return where the nth `piece` stands inside a value, or the value itself if it is not found as such."""
        whole = self.span(node)
        lines = LINE_BREAK.split(self.text)
        for number in range(node.line, len(lines)):
            column = node.column if number == node.line else 0
            while (column := lines[number].find(piece, column)) >= 0:
                if nth == 0:
                    return Span(self.file, number + 1, column + 1, len(piece))
                nth -= 1
                column += len(piece)
        return whole


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of a file: its root value (None if it is empty or broken) and the problems."""

    source: Source
    root: Node | None
    problems: list[Diagnostic]


def load(file: str, data: bytes) -> Loaded:
    """Parse one YAML document. `file` is only a name for messages."""
    text, problem = _decode(file, data)
    source = Source(file, text)
    if problem:
        return Loaded(source, None, [problem])
    reader = _Reader(source, data)
    try:
        root = reader.document()
    except _StopReadingError as stop:
        return Loaded(source, None, [*reader.problems, stop.problem])
    except MarkedYAMLError as broken:
        slip = explain(file, text, broken)
        return Loaded(source, None, [*(p for p in reader.problems if p.span.line != slip.span.line), slip])
    return Loaded(source, root, reader.problems)


def _decode(file: str, data: bytes) -> tuple[str, Diagnostic | None]:
    """Decode UTF-8, with or without a byte order mark."""
    if data[:2] in _UTF16 or b"\x00" in data[:4]:
        what = "this file is UTF-16 or binary, not UTF-8" if data[:2] in _UTF16 else "this is not a text file"
        return "", error(Span(file, 1, 1), "not-utf8", what, "save the file as UTF-8")
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as bad:
        before = data[: bad.start].decode("utf-8")
        lines = LINE_BREAK.split(before)
        found = f"byte 0x{data[bad.start]:02x} is not UTF-8 text"
        readable = data.decode("utf-8", "replace")
        return readable, error(
            Span(file, len(lines), len(lines[-1]) + 1),
            "not-utf8",
            found,
            "save the file as UTF-8 (it may be Latin-1 or Windows-1252 now)",
        )
    if bad_character := _FORBIDDEN.search(text):
        lines = LINE_BREAK.split(text[: bad_character.start()])
        return text, error(
            Span(file, len(lines), len(lines[-1]) + 1),
            "control-character",
            f"character U+{ord(bad_character[0]):04X} cannot stand in a text",
            "delete it; it may be invisible in your editor",
        )
    return text, None


class _StopReadingError(Exception):
    """Raised inside this module where reading on makes no sense; carries the problem."""

    def __init__(self, problem: Diagnostic) -> None:
        super().__init__(problem.message)
        self.problem = problem


class _Reader:
    """Builds values from libyaml's events, by recursion that MAX_DEPTH bounds."""

    def __init__(self, source: Source, data: bytes) -> None:
        self.source = source
        self.problems: list[Diagnostic] = []
        self._next = CParser(data).get_event
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._open: set[str] = set()
        self._made = 0
        self._aliased = 0

    def document(self) -> Node | None:
        self._next()  # the start of the stream
        first = self._next()
        if not isinstance(first, DocumentStart):
            return None
        root = self._node(self._next(), 0)
        self._next()  # the end of the document
        after = self._next()
        if not isinstance(after, StreamEnd):
            self._stop(after, "two-documents", "a second document begins here", "a deck file is one document: delete the '---'")
        return root

    def _node(self, event: Event, depth: int) -> Node:
        self._made += 1
        kind = type(event)
        if kind is ScalarEvent:
            mark = event.start_mark
            scalar = Scalar(event.value, mark.line, mark.column, event.style)
            if event.anchor or event.tag:
                self._anchor(event, scalar, 1)
            return scalar
        if kind is AliasEvent:
            return self._alias(event)
        if depth >= MAX_DEPTH:
            self._stop(event, "too-deep", f"nested more than {MAX_DEPTH} levels deep", "a deck needs no more than six")
        before = self._made + self._aliased
        if event.anchor:
            self._open.add(event.anchor)
        node = self._mapping(event, depth) if kind is MappingStartEvent else self._sequence(event, depth)
        if event.anchor or event.tag:
            self._anchor(event, node, self._made + self._aliased - before + 1)
        return node

    def _sequence(self, start: Event, depth: int) -> Sequence:
        items = []
        while type(event := self._next()) is not SequenceEndEvent:
            items.append(self._node(event, depth + 1))
        return Sequence(items, start.start_mark.line, start.start_mark.column)

    def _mapping(self, start: Event, depth: int) -> Mapping:
        pairs: dict[str, tuple[Scalar, Node]] = {}
        merged: list[Node] = []
        while type(event := self._next()) is not MappingEndEvent:
            key = self._node(event, depth + 1)
            value = self._node(self._next(), depth + 1)
            if type(key) is not Scalar:
                self._complex_key(key)
            elif key.text == "<<" and not key.style:
                merged.append(value)
            elif key.text in pairs:
                self._duplicate(key, pairs[key.text][0])
            else:
                pairs[key.text] = (key, value)
        for value in merged:
            self._merge(pairs, value)
        return Mapping(pairs, start.start_mark.line, start.start_mark.column)

    def _merge(self, pairs: dict[str, tuple[Scalar, Node]], value: Node) -> None:
        """Take over the pairs of `<<: *other` that are not given here (YAML 1.1 merge keys)."""
        for other in value.items if isinstance(value, Sequence) else [value]:
            if isinstance(other, Mapping):
                for name, pair in other.pairs.items():
                    pairs.setdefault(name, pair)
            else:
                self._report(other, "wrong-type", f"'<<' merges a map, and this is a {other.kind}", "write  <<: *name  with an alias of a map")

    def _anchor(self, event: NodeEvent, node: Node, size: int) -> None:
        if event.tag:
            self._report(
                node,
                "explicit-tag",
                f"the YAML tag '{event.tag}' is not allowed",
                "delete it; if the text begins with '!', put it in quotes",
            )
        if event.anchor:
            self._open.discard(event.anchor)
            self._anchors[event.anchor] = (node, size)

    def _alias(self, event: NodeEvent) -> Node:
        name = event.anchor
        if name in self._open:
            self._stop(event, "alias-loop", f"'*{name}' stands inside the value it names", "an alias cannot contain itself")
        if name not in self._anchors:
            self._stop(
                event,
                "unknown-alias",
                f"there is no anchor '&{name}' before this alias",
                "if the text just begins with '*', put it in quotes",
            )
        node, size = self._anchors[name]
        self._aliased += size
        if self._aliased > max(ALIAS_BUDGET, 10 * self._made):
            self._stop(event, "alias-bomb", "aliases blow this file up to over 100,000 values", "use fewer aliases of aliases")
        return node

    def _complex_key(self, key: Node) -> None:
        self._report(
            key,
            "complex-key",
            f"a key must be a word, and this is a {key.kind}",
            "a text that begins with '{' or '[', such as a cloze, must be in quotes",
        )

    def _duplicate(self, key: Scalar, first: Scalar) -> None:
        self._report(
            key,
            "duplicate-key",
            f"the key '{key.text}' is already given on line {first.line + 1}",
            "keep one of the two; for a second card, begin it with '- '",
        )

    def _report(self, node: Node, code: str, message: str, help: str) -> None:  # noqa: A002
        self.problems.append(error(self.source.span(node), code, message, help))

    def _stop(self, event: Event, code: str, message: str, help: str) -> None:  # noqa: A002
        mark = event.start_mark
        raise _StopReadingError(error(Span(self.source.file, mark.line + 1, mark.column + 1), code, message, help))


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
