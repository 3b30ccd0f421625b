"""The JSON Schema that editors complete and check by, made from the declarations in `keys`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deckgen.schema.keys import BASIC_KEYS, CARD, CLOZE_KEYS, IMAGE_KEYS, SINGLE

if TYPE_CHECKING:
    from deckgen.schema.kinds import Json
    from deckgen.schema.shapes import Key


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
    card = CARD.schema()
    card.pop("additionalProperties")
    return {
        **card,
        "if": {"required": ["type"]},
        "else": {
            "additionalProperties": False,
            "properties": dict.fromkeys(card["properties"], True),
            "oneOf": [_needs(BASIC_KEYS[:2]), _needs(CLOZE_KEYS), _needs(IMAGE_KEYS[:2])],
        },
    }


def _needs(keys: tuple[Key, ...]) -> dict[str, Any]:
    return {"allOf": [{"anyOf": [{"required": [name]} for name in (k.name, *k.also)]} for k in keys]}
