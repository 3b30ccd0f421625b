"""libyaml's events to values, one by one, so that a hostile file is refused as soon as it shows what it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias

from yaml import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)
from yaml._yaml import CParser

from deckgen.diagnostics import Diagnostic, Span, error
from deckgen.yamlsource.values import FORBIDDEN, Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from deckgen.yamlsource.values import Source

MAX_DEPTH = 64
"""Deeper nesting than any deck needs; a file of 100,000 brackets ends here."""

ALIAS_BUDGET = 100_000
"""Values that aliases may add to a file (or one for each byte, if that is more)."""

_RETURN = re.compile("\r")  # comes only by an escape; Anki drops it, and the words beside it run together
Event: TypeAlias = Any  # what is known of events' fields in PyYAML's stubs does not fit those of the C parser


class StopReadingError(Exception):
    """Raised where reading on makes no sense; carries the problem."""

    def __init__(self, problem: Diagnostic) -> None:
        super().__init__(problem.message)
        self.problem = problem


class Reader:
    """Builds values from libyaml's events, by recursion that MAX_DEPTH bounds."""

    def __init__(self, source: Source, data: bytes) -> None:
        self.source = source
        self.problems: list[Diagnostic] = []
        self._next = CParser(data).get_event
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._open: set[str] = set()
        self._budget = max(ALIAS_BUDGET, len(data))
        self._sizes: dict[int, int] = {}

    def document(self) -> Node | None:
        self._next()  # the start of the stream
        first = self._next()
        if not isinstance(first, DocumentStartEvent):
            return None
        root = self._node(self._next(), 0)
        self._next()  # the end of the document
        after = self._next()
        if not isinstance(after, StreamEndEvent):
            self._stop(
                after,
                "two-documents",
                "a second document begins here",
                "a deck file is one document: delete the '---'",
            )
        return root

    def _node(self, event: Event, depth: int) -> Node:
        kind = type(event)
        if kind is ScalarEvent:
            return self._scalar(event)
        if kind is AliasEvent:
            return self._alias(event)
        if depth >= MAX_DEPTH:
            message = f"nested more than {MAX_DEPTH} levels deep"
            self._stop(event, "too-deep", message, "a deck needs no more than six")
        if event.anchor:
            self._open.add(event.anchor)
        node = self._mapping(event, depth) if kind is MappingStartEvent else self._sequence(event, depth)
        if event.anchor or event.tag:
            self._anchor(event, node)
        return node

    def _scalar(self, event: Event) -> Scalar:
        mark = event.start_mark
        scalar = Scalar(event.value, mark.line, mark.column, event.style)
        if event.style == '"' and (bad := FORBIDDEN.search(event.value) or _RETURN.search(event.value)):
            message = f"the text holds U+{ord(bad[0]):04X}, which Anki does not take"
            self._report(
                scalar, "control-character", message, "delete the escape, or use single quotes for a backslash"
            )
            scalar.text = FORBIDDEN.sub("", scalar.text).replace("\r", "")  # so that nobody stumbles over it again
        if event.anchor or event.tag:
            self._anchor(event, scalar)
        return scalar

    def _sequence(self, start: Event, depth: int) -> Sequence:
        items: list[Node] = []
        inner = depth + 1
        while type(event := self._next()) is not SequenceEndEvent:
            items.append(self._scalar(event) if type(event) is ScalarEvent else self._node(event, inner))
        return Sequence(items, start.start_mark.line, start.start_mark.column)

    def _mapping(self, start: Event, depth: int) -> Mapping:
        pairs: dict[str, tuple[Scalar, Node]] = {}
        merged: list[Node] = []
        is_broken = False
        inner = depth + 1
        while type(event := self._next()) is not MappingEndEvent:
            key = self._scalar(event) if type(event) is ScalarEvent else self._node(event, inner)
            event = self._next()
            value = self._scalar(event) if type(event) is ScalarEvent else self._node(event, inner)
            if type(key) is not Scalar:
                self._complex_key(key)
                is_broken = True
            elif key.text in pairs:
                self._duplicate(key, pairs[key.text][0])
            elif key.text == "<<" and not key.style:
                merged.append(value)
            else:
                pairs[key.text] = (key, value)
        for value in merged:
            self._merge(pairs, value)
        return Mapping(pairs, start.start_mark.line, start.start_mark.column, is_broken)

    def _merge(self, pairs: dict[str, tuple[Scalar, Node]], value: Node) -> None:
        """Take over the pairs of `<<: *other` that are not given here (YAML 1.1 merge keys)."""
        for other in value.items if isinstance(value, Sequence) else [value]:
            if isinstance(other, Mapping):
                for name, pair in other.pairs.items():
                    pairs.setdefault(name, pair)
            else:
                self._report(
                    other,
                    "wrong-type",
                    f"'<<' merges a map, and this is a {other.kind}",
                    "write  <<: *name  with an alias of a map",
                )

    def _anchor(self, event: Event, node: Node) -> None:
        if event.tag:
            self._report(
                node,
                "explicit-tag",
                f"the YAML tag '{event.tag}' is not allowed",
                "delete it; if the text begins with '!', put it in quotes",
            )
        if event.anchor:
            self._open.discard(event.anchor)
            self._anchors[event.anchor] = (node, self._size(node))

    def _alias(self, event: Event) -> Node:
        name = event.anchor
        if name in self._open:
            self._stop(
                event,
                "alias-loop",
                f"'*{name}' stands inside the value it names",
                "an alias cannot contain itself",
            )
        if name not in self._anchors:
            self._stop(
                event,
                "unknown-alias",
                f"there is no anchor '&{name}' before this alias",
                "if the text just begins with '*', put it in quotes",
            )
        node, size = self._anchors[name]
        self._budget -= size
        if self._budget < 0:
            message = f"aliases blow this file up to over {ALIAS_BUDGET:,} values"
            self._stop(event, "alias-bomb", message, "use fewer aliases of aliases")
        return node

    def _size(self, node: Node) -> int:
        """Count the values in an anchored one, those that come by aliases too."""
        if isinstance(node, Scalar):
            return 1 + len(node.text) // 100
        size = self._sizes.get(id(node))
        if size is None:
            inner = node.items if isinstance(node, Sequence) else [value for _, value in node.pairs.values()]
            size = self._sizes[id(node)] = 1 + sum(map(self._size, inner))
        return size

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
        raise StopReadingError(error(Span(self.source.file, mark.line + 1, mark.column + 1), code, message, help))
