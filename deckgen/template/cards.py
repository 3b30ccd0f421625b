"""Which cards a note has. Anki makes none when it imports, so a package must hold exactly these.

Follows rslib's cardgen.rs; tests/test_cards_oracle.py compares it with Anki for thousands of templates and notes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deckgen import cloze
from deckgen.model import Kind
from deckgen.template.checking import SPECIAL_FIELDS
from deckgen.template.parsing import Replacement, Section, parse, walk

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from deckgen.model import NoteType
    from deckgen.template.parsing import Part

_ALWAYS_FILLED = frozenset(SPECIAL_FIELDS) - {"FrontSide"}  # our notes have a tag each

# What Anki takes for an empty field (rslib, text.rs): nothing but blanks and line breaks.
_EMPTY = re.compile(r"(?:[\t\n\v\f\r ]|</?(?:br|div) ?/?>)*", re.IGNORECASE)
_MAY_BE_EMPTY = "\t\n\v\f\r <"  # what an empty field that is not "" begins with


def is_empty(text: str) -> bool:
    """Tell whether Anki takes a field for empty."""
    return not text or _EMPTY.fullmatch(text) is not None


def renders(parts: Sequence[Part], filled: AbstractSet[str]) -> bool:
    """Tell whether a front shows any of the filled fields; plain text around them does not count."""
    for part in parts:
        if isinstance(part, Replacement):
            if part.field in filled:
                return True
        elif (
            isinstance(part, Section) and (part.field in filled) is not part.negated and renders(part.children, filled)
        ):
            return True
    return False


class CardMaker:
    """Tells which cards the notes of one note type have. Remembers the answer for each set of filled fields."""

    def __init__(self, note_type: NoteType) -> None:
        self._is_cloze = note_type.kind is Kind.CLOZE
        self._names = note_type.field_names()
        fronts = [parse(t.front) for t in note_type.templates]
        self._fronts = [None if slips else parts for parts, slips in fronts]
        self._known: dict[tuple[bool, ...], tuple[int, ...]] = {}

    def cards(self, fields: Sequence[str]) -> tuple[int, ...]:
        """Return the ordinals, from 0, of the cards of a note with these fields, in the note type's order."""
        if self._is_cloze:
            return tuple(sorted({min(n, cloze.MAX_NUMBER) - 1 for n in cloze.cards(fields)}))
        filled = tuple([text != "" and (text[0] not in _MAY_BE_EMPTY or not is_empty(text)) for text in fields])
        found = self._known.get(filled)
        if found is None:
            names = {name for name, is_filled in zip(self._names, filled, strict=True) if is_filled} | _ALWAYS_FILLED
            found = tuple(n for n, front in enumerate(self._fronts) if front is not None and renders(front, names))
            self._known[filled] = found
        return found


def cloze_fields(note_type: NoteType) -> set[str]:
    """Return the fields whose clozes the front shows."""
    parts, _ = parse(note_type.templates[0].front)
    return {p.field for p in walk(parts) if isinstance(p, Replacement) and {"cloze", "cloze-only"} & set(p.filters)}
