"""What is wrong with a template, before Anki shows it on every card."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deckgen.diagnostics import did_you_mean
from deckgen.model import Kind
from deckgen.template.parsing import Replacement, Section, Slip, parse, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deckgen.model import NoteType
    from deckgen.template.parsing import Part

SPECIAL_FIELDS = ("FrontSide", "Tags", "Type", "Deck", "Subdeck", "Card", "CardFlag")
FILTERS = (
    "text",
    "type",
    "nc",
    "cloze",
    "cloze-only",
    "hint",
    "furigana",
    "kana",
    "kanji",
    "tts",
    "tts-voices",
)

_CLOZE_CONDITION = re.compile(r"c[0-9]+")


def check(side: str, note_type: NoteType, *, is_front: bool) -> list[Slip]:
    """Return what is wrong with one side of a card of this note type."""
    parts, slips = parse(side)
    names = note_type.field_names()
    for part in walk(parts):
        if part.field not in names and not _is_special(part, note_type):
            near = did_you_mean(part.field, names) or f"the fields are: {', '.join(names)}"
            slips.append(
                Slip(
                    part.written,
                    "unknown-field",
                    f"the note type '{note_type.name}' has no field '{part.field}'",
                    near,
                )
            )
        if isinstance(part, Replacement):
            slips += _filter_slips(part, note_type)
    if not slips:
        slips += _empty_side(parts, note_type, is_front=is_front)
    return slips


def is_cloze_condition(name: str) -> bool:
    """Tell whether a section asks for the number of the card's cloze, as `{{#c2}}` does."""
    return _CLOZE_CONDITION.fullmatch(name) is not None


def _is_special(part: Replacement | Section, note_type: NoteType) -> bool:
    if part.field == "FrontSide":
        return isinstance(part, Replacement)
    if part.field in SPECIAL_FIELDS or (not part.field and isinstance(part, Replacement) and part.filters):
        return True
    return isinstance(part, Section) and note_type.kind is Kind.CLOZE and is_cloze_condition(part.field)


def _filter_slips(part: Replacement, note_type: NoteType) -> Iterator[Slip]:
    for name in part.filters:
        if name.split(" ")[0] not in FILTERS:
            near = did_you_mean(name, FILTERS) or f"known are: {', '.join(FILTERS)}"
            yield Slip(part.written, "unknown-filter", f"Anki has no filter '{name}'", near)
        elif name == "cloze" and note_type.kind is not Kind.CLOZE:
            yield Slip(
                part.written,
                "cloze-filter",
                "'cloze:' works only in a note type with  kind: cloze",
                "add  kind: cloze",
            )


def _empty_side(parts: tuple[Part, ...], note_type: NoteType, *, is_front: bool) -> Iterator[Slip]:
    fields = set(note_type.field_names())
    used = [p for p in walk(parts) if isinstance(p, Replacement) and p.field in fields]
    example = note_type.fields[0].name
    if note_type.kind is Kind.CLOZE and not any("cloze" in p.filters for p in used):
        side = "front" if is_front else "back"
        message = f"a cloze note type needs a cloze on its {side}, or Anki refuses to save it"
        yield Slip("", "template-without-cloze", message, f"write  {{{{cloze:{example}}}}}")
    elif is_front and not used:
        message = "this front shows no field, so that all its cards would ask the same"
        yield Slip("", "template-without-field", message, f"use one, such as  {{{{{example}}}}}")
