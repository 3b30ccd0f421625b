"""The kinds of value a key can have. Each can read a YAML value and describe itself as JSON Schema.

`read` returns the value, or None after reporting what is wrong with it. Texts stay `Scalar`s, because later
stages want to know where they stand.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from deckgen.diagnostics import Diagnostic, Span, did_you_mean, error, warning
from deckgen.yamlsource import Mapping, Node, Scalar, Sequence, Source

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]

# What a YAML tool makes of an unquoted word; our texts are always text, an editor's schema must allow all.
SCALAR_JSON: Json = {"type": ["string", "number", "boolean", "null"]}


@dataclass(frozen=True, slots=True)
class Reading:
    """The file being read and the problems found in it so far."""

    source: Source
    problems: list[Diagnostic]

    def error(self, node: Node, code: str, message: str, help: str = "") -> None:  # noqa: A002
        """Report an error at a value."""
        self.problems.append(error(self.source.span(node), code, message, help))

    def warning(self, node: Node, code: str, message: str, help: str = "") -> None:  # noqa: A002
        """Report a warning at a value."""
        self.problems.append(warning(self.source.span(node), code, message, help))

    def span(self, node: Node) -> Span:
        """Return the place of a value."""
        return self.source.span(node)


class Kind(Protocol):
    """A kind of value."""

    def read(self, node: Node, reading: Reading) -> Any:  # noqa: ANN401 - each kind gives its own type
        """Return the value, or None after reporting."""

    def schema(self) -> Json:
        """Return the JSON Schema."""


def wrong_type(node: Node, reading: Reading, wanted: str, example: str) -> None:
    """Report a value of the wrong kind."""
    if isinstance(node, Mapping) and node.is_broken:
        return
    got = f"'{node.text}'" if isinstance(node, Scalar) and len(node.text) < 40 else f"a {node.kind}"
    reading.error(node, "wrong-type", f"{wanted} is needed here, not {got}", f"write it like  {example}")


@dataclass(frozen=True, slots=True)
class Text:
    """Any text; what is typed is what is meant."""

    example: str = "some text"

    def read(self, node: Node, reading: Reading) -> Scalar | None:
        if type(node) is Scalar:
            return node
        if (
            isinstance(node, Mapping)
            and not node.is_broken
            and any(isinstance(v, Scalar) and not v.text for _, v in node.pairs.values())
        ):
            reading.error(node, "needs-quotes", "this was read as a map, not as text", "put the whole text in quotes")
            return None
        wrong_type(node, reading, "a text", self.example)
        return None

    def schema(self) -> Json:
        return SCALAR_JSON


_FLAGS = dict.fromkeys(("true", "yes", "on", "y"), True) | dict.fromkeys(("false", "no", "off", "n"), False)


@dataclass(frozen=True, slots=True)
class Flag:
    """true or false, in the words that YAML 1.1 knows."""

    def read(self, node: Node, reading: Reading) -> bool | None:
        value = _FLAGS.get(node.text.lower()) if isinstance(node, Scalar) else None
        if value is None:
            wrong_type(node, reading, "true or false", "true")
        return value

    def schema(self) -> Json:
        words = [spelled for word in _FLAGS for spelled in (word, word.capitalize(), word.upper())]
        return {"anyOf": [{"type": "boolean"}, {"enum": words}]}


@dataclass(frozen=True, slots=True)
class Number:
    """A number between two bounds; whole if `whole`."""

    low: float
    high: float
    whole: bool = False

    def read(self, node: Node, reading: Reading) -> float | None:
        wanted = f"a {'whole ' if self.whole else ''}number from {self.low:g} to {self.high:.10g}"
        text = node.text if isinstance(node, Scalar) else ""
        if not re.fullmatch(r"-?\d{1,9}" if self.whole else r"[-+]?(\d{1,9}\.?\d*|\.\d+)(e-?\d{1,2})?", text, re.ASCII):
            wrong_type(node, reading, wanted, f"{self.high:g}" if self.high <= 1 else "10")
            return None
        value = int(text) if self.whole else float(text)
        if not self.low <= value <= self.high:
            reading.error(node, "out-of-range", f"{text} is not {wanted}", f"choose {wanted}")
            return None
        return value

    def schema(self) -> Json:
        return {"type": "integer" if self.whole else "number", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]

    def read(self, node: Node, reading: Reading) -> str | None:
        if isinstance(node, Scalar) and node.text.lower() in self.words:
            return node.text.lower()
        if not isinstance(node, Scalar):
            wrong_type(node, reading, "a word", self.words[0])
            return None
        known = " or ".join(self.words)
        reading.error(
            node,
            "unknown-choice",
            f"'{node.text}' is none of: {known}",
            did_you_mean(node.text, self.words) or f"write {known}",
        )
        return None

    def schema(self) -> Json:
        return {"enum": [spelled for word in self.words for spelled in (word, word.capitalize(), word.upper())]}


@dataclass(frozen=True, slots=True)
class Words:
    """A list of words; one text with blanks or commas between them is accepted too."""

    example: str = "[anatomy, core]"

    def read(self, node: Node, reading: Reading) -> list[Scalar] | None:
        if isinstance(node, Scalar):
            shift = node.column + (1 if node.style in ("'", '"') else 0)
            words = re.finditer(r"[^\s,]+", node.text)
            return [Scalar(w[0], node.line, shift + w.start(), node.style) for w in words]
        if isinstance(node, Mapping):
            wrong_type(node, reading, "a list of words", self.example)
            return None
        found = []
        for item in node.items:
            if isinstance(item, Scalar):
                found.append(item)
            else:
                wrong_type(item, reading, "a word", self.example)
        return found

    def schema(self) -> Json:
        return {"anyOf": [SCALAR_JSON, {"type": "array", "items": SCALAR_JSON}]}


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of one kind of value, of `least` to `most` entries."""

    kind: Kind
    example: str
    least: int = 0
    most: int | None = None

    def read(self, node: Node, reading: Reading) -> list[Any] | None:
        if not isinstance(node, Sequence):
            wrong_type(node, reading, "a list", self.example)
            return None
        count = len(node.items)
        if count < self.least or (self.most is not None and count > self.most):
            wanted = f"{self.least}" if self.most == self.least else f"at least {self.least}"
            reading.error(
                node,
                "wrong-count",
                f"{wanted} entries are needed, not {count}",
                f"write it like  {self.example}",
            )
            return None
        found = [self.kind.read(item, reading) for item in node.items]
        return None if any(x is None for x in found) else found

    def schema(self) -> Json:
        bounds = {"minItems": self.least} if self.least else {}
        return {
            "type": "array",
            "items": self.kind.schema(),
            **bounds,
            **({"maxItems": self.most} if self.most else {}),
        }


@dataclass(frozen=True, slots=True)
class MapOf:
    """A map from names of the author's choice to one kind of value: name -> (key, value)."""

    kind: Kind
    example: str

    def read(self, node: Node, reading: Reading) -> dict[str, tuple[Scalar, Any]] | None:
        if not isinstance(node, Mapping):
            wrong_type(node, reading, "a map", self.example)
            return None
        found = {name: (key, self.kind.read(value, reading)) for name, (key, value) in node.pairs.items()}
        return {name: pair for name, pair in found.items() if pair[1] is not None}

    def schema(self) -> Json:
        return {"type": "object", "additionalProperties": self.kind.schema()}


@dataclass(frozen=True, slots=True)
class Either:
    """A plain text or, if it is not one, another kind."""

    kind: Kind

    def read(self, node: Node, reading: Reading) -> Any:  # noqa: ANN401 - the text or what `kind` gives
        return node if isinstance(node, Scalar) else self.kind.read(node, reading)

    def schema(self) -> Json:
        return {"anyOf": [SCALAR_JSON, self.kind.schema()]}


@dataclass(frozen=True, slots=True)
class Raw:
    """Any value, left to the code that knows more."""

    json: Callable[[], Json]

    def read(self, node: Node, reading: Reading) -> Node:  # noqa: ARG002 - the protocol's
        return node

    def schema(self) -> Json:
        return self.json()
