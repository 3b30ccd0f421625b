"""Anki's template language: what is wrong with a template, which cards a note has, and what they look like."""

from deckgen.template.answers import TypedAnswer, typed_answer
from deckgen.template.cards import CardMaker, cloze_fields, is_empty, renders
from deckgen.template.checking import FILTERS, SPECIAL_FIELDS, check
from deckgen.template.parsing import Part, Replacement, Section, Slip, Text, parse, walk
from deckgen.template.rendering import CardRenderer, Circumstances, Side, Sides
from deckgen.template.sounds import Sound, Speech

__all__ = [
    "FILTERS",
    "SPECIAL_FIELDS",
    "CardMaker",
    "CardRenderer",
    "Circumstances",
    "Part",
    "Replacement",
    "Section",
    "Side",
    "Sides",
    "Slip",
    "Sound",
    "Speech",
    "Text",
    "TypedAnswer",
    "check",
    "cloze_fields",
    "is_empty",
    "parse",
    "renders",
    "typed_answer",
    "walk",
]
