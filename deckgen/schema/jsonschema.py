"""The JSON Schema that editors complete and check by, made from the declarations in `keys`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deckgen.model import BASIC, CLOZE, IMAGE_OCCLUSION
from deckgen.schema.keys import BASIC_CARD, CARD, CLOZE_CARD, IMAGE_CARD, SINGLE, STOCK_TYPES
from deckgen.schema.kinds import SCALAR_JSON

if TYPE_CHECKING:
    from deckgen.schema.kinds import Json

_SHAPES = {BASIC: BASIC_CARD, CLOZE: CLOZE_CARD, IMAGE_OCCLUSION: IMAGE_CARD}


def json_schema() -> Json:
    """Return the schema of deck.yaml, topic files and one-file decks alike (JSON Schema 2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "deckgen",
        "description": "A deck of flashcards, or a topic of one.",
        "anyOf": [SINGLE.schema(), {"type": "array", "items": {"$ref": "#/$defs/card"}}],
        "$defs": {"card": _card()},
    }


def _card() -> Json:
    """Describe a card: basic, cloze, image occlusion, or of the author's own type, whose fields no schema knows."""
    return {
        **CARD.schema(closed=False),
        "if": {"propertyNames": {"pattern": "^[^A-Z]"}},  # keys in another letter case are left to `check`
        "then": {
            "if": {"required": ["type"]},
            "then": _typed(),
            "else": {"oneOf": [shape.schema() for shape in _SHAPES.values()]},
        },
        "else": {"if": {"required": ["type"]}, "then": _own()},
    }


def _typed() -> Json:
    """Describe a card that says its type: a stock one, in which `check` folds the letter case, or an own one."""
    of_stock = [
        {
            "if": {"properties": {"type": {"enum": [n for n in _spellings() if STOCK_TYPES[n.casefold()][0] == kind]}}},
            "then": shape.schema(),
        }
        for kind, shape in _SHAPES.items()
    ]
    return {"allOf": of_stock, "if": {"properties": {"type": {"enum": _spellings()}}}, "else": _own()}


def _own() -> Json:
    """Describe a card with fields of the author's, which are texts."""
    names = [spelled for name in CARD.lookup for spelled in (name, name.capitalize(), name.title())]
    return {"properties": dict.fromkeys(names, True), "additionalProperties": SCALAR_JSON}


def _spellings() -> list[str]:
    return [spelled for name in STOCK_TYPES for spelled in (name, name.capitalize(), name.title())]
