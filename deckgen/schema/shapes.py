"""Maps with known keys: reads them, reports what is strange in them, and describes them to editors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from deckgen.diagnostics import did_you_mean
from deckgen.schema.kinds import Json, Kind, Raw, Reading, Text, wrong_type
from deckgen.yamlsource import Mapping, Node, Scalar


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a map: what people may also call it, its kind, and what an editor shows about it."""

    name: str
    kind: Kind
    doc: str
    also: tuple[str, ...] = ()

    def names(self) -> tuple[str, ...]:
        """Return all that people may call it."""
        return (self.name, *self.also)

    def needed(self) -> Json:
        """Describe that it is given, once, by one of its names."""
        return {"oneOf": [{"required": [name]} for name in self.names()]}


def plain(key: str) -> str:
    """Fold what people vary in a key: letter case, blanks, hyphens."""
    return key.casefold().replace("-", "_").replace(" ", "_")


@dataclass(frozen=True, slots=True)
class Shape:
    """A map with known keys. Reading gives a dict by the keys' proper names, with only those that were given."""

    name: str
    keys: tuple[Key, ...]
    needs: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    lookup: dict[str, Key] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        for key in self.keys:
            for name in (key.name, *key.also):
                self.lookup[name] = key

    def known(self, name: str) -> Key | None:
        """Return the key that people call `name`, in any letter case."""
        return self.lookup.get(name) or self.lookup.get(plain(name))

    def read(self, node: Node, reading: Reading) -> dict[str, Any] | None:
        if type(node) is not Mapping:
            wrong_type(node, reading, f"a map for {self.name}", f"{self.keys[0].name}: …")
            return None
        values: dict[str, Any] = {}
        for name, (key, value) in node.pairs.items():
            known = self.known(name)
            if known is None:
                self.unknown(key, reading)
            elif known.name in values:
                self.twice(key, known, reading)
            elif (
                type(value) is Scalar and not value.text and not value.style and not isinstance(known.kind, Text | Raw)
            ):
                continue  # a key with nothing behind it yet
            else:
                values[known.name] = known.kind.read(value, reading)
        return values

    def unknown(self, key: Scalar, reading: Reading, more: tuple[str, ...] = ()) -> None:
        """Report a key that is not known."""
        names = [k.name for k in self.keys]
        near = did_you_mean(key.text, [*self.lookup, *more])
        help_ = near or f"known are: {', '.join([*more, *names])}"
        reading.error(key, "unknown-key", f"unknown key '{key.text}' in {self.name}", help_)

    def twice(self, key: Scalar, known: Key, reading: Reading) -> None:
        """Report two names for one key."""
        reading.error(
            key,
            "duplicate-key",
            f"'{key.text}' is another name for '{known.name}', which is already given",
            "keep one of the two",
        )

    def schema(self, *, closed: bool = True) -> Json:
        """Describe the map. Keys in another letter case pass: to list them all would bury the proper ones."""
        properties = {name: {**key.kind.schema(), "description": key.doc} for key in self.keys for name in key.names()}
        made: Json = {"type": "object", "properties": properties}
        if closed:
            made |= {"patternProperties": {"^[A-Z]": True}, "additionalProperties": False}
        if needed := [self.lookup[name].needed() for name in self.needs]:
            made["allOf"] = needed
        if self.one_of:
            made["oneOf"] = [{"required": [name]} for name in self.one_of]
        return made
