"""Anki's template language: what a template says, what is wrong with it, and which cards a note has.

Follows rslib's template.rs and cardgen.rs; tests/test_cards_oracle.py compares it with Anki for thousands of
generated templates and notes. Anki makes no cards when it imports, so a package must hold exactly these.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from deckgen import cloze
from deckgen.diagnostics import did_you_mean
from deckgen.model import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from deckgen.model import NoteType

SPECIAL_FIELDS = ("FrontSide", "Tags", "Type", "Deck", "Subdeck", "Card", "CardFlag")
_ALWAYS_FILLED = frozenset(SPECIAL_FIELDS) - {"FrontSide"}  # our notes have a tag each
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

_ALTERNATIVE = "{{=<% %>=}}"  # a directive of old templates: <%Field%> instead of {{Field}}
_TOKENS = re.compile(r"\{\{(.*?)\}\}|<!--.*?-->", re.DOTALL)
_ALTERNATIVE_TOKENS = re.compile(r"<%(.*?)%>|<!--.*?-->", re.DOTALL)
_CLOZE_CONDITION = re.compile(r"c\d{1,3}")

# What Anki takes for an empty field (rslib, text.rs): nothing but blanks and line breaks.
_EMPTY = re.compile(r"(?:[\t\n\v\f\r ]|</?(?:br|div) ?/?>)*", re.IGNORECASE)
_MAX_SECTIONS = 100
_MAY_BE_EMPTY = "\t\n\v\f\r <"  # what an empty field that is not "" begins with


@dataclass(frozen=True, slots=True)
class Text:
    """Plain HTML, comments included."""

    text: str


@dataclass(frozen=True, slots=True)
class Replacement:
    """`{{filter:Field}}`; filters stand in the order they are written."""

    field: str
    filters: tuple[str, ...]
    written: str


@dataclass(frozen=True, slots=True)
class Section:
    """`{{#Field}}…{{/Field}}`, or `{{^Field}}…{{/Field}}` if negated."""

    field: str
    negated: bool
    children: tuple[Part, ...]
    written: str


Part: TypeAlias = Text | Replacement | Section


class Slip(NamedTuple):
    """Something wrong with a template: the piece of it that is wrong, and what to say about it."""

    piece: str
    code: str
    message: str
    help: str


def parse(template: str) -> tuple[tuple[Part, ...], list[Slip]]:
    """Parse one side of a card. With a slip in its sections Anki makes no card from it."""
    tokens = _TOKENS
    if template.lstrip().startswith(_ALTERNATIVE):
        template = template.lstrip().removeprefix(_ALTERNATIVE)
        tokens = _ALTERNATIVE_TOKENS
    slips: list[Slip] = []
    stack: list[tuple[str, bool, str, list[Part]]] = [("", False, "", [])]
    done = 0
    for token in tokens.finditer(template):
        stack[-1][3].append(Text(template[done : token.start()]))
        done = token.end()
        if token[1] is None:
            stack[-1][3].append(Text(token[0]))
            continue
        inside = token[1].lstrip("{").strip()
        sign, name = (inside[0], inside[1:].lstrip()) if len(inside) > 1 and inside[0] in "#^/" else ("", inside)
        if sign == "/":
            _close(stack, name, token[0], slips)
        elif sign and len(stack) > _MAX_SECTIONS:
            slips.append(Slip(token[0], "template-section", "sections within sections, too deep", "nest fewer"))
            break
        elif sign:
            stack.append((name, sign == "^", token[0], []))
        else:
            *filters, field = name.split(":")
            stack[-1][3].append(Replacement(field, tuple(filters), token[0]))
    stack[-1][3].append(Text(template[done:]))
    slips += [
        Slip(written, "template-section", f"the section {written} is never closed", f"add  {{{{/{name}}}}}")
        for name, _, written, _ in stack[1:]
    ]
    return tuple(stack[0][3]), slips


def _close(stack: list[tuple[str, bool, str, list[Part]]], name: str, written: str, slips: list[Slip]) -> None:
    open_name, negated, opened, children = stack[-1]
    if len(stack) > 1 and open_name == name:
        stack.pop()
        stack[-1][3].append(Section(name, negated, tuple(children), opened))
    elif len(stack) > 1:
        slips.append(
            Slip(
                written,
                "template-section",
                f"{written} closes a section, but {opened} is open",
                f"close with  {{{{/{open_name}}}}}",
            )
        )
    else:
        slips.append(
            Slip(
                written,
                "template-section",
                f"{written} closes a section that is not open",
                f"open it with  {{{{#{name}}}}}",
            )
        )


def walk(parts: Sequence[Part]) -> Iterator[Replacement | Section]:
    """Yield every replacement and section, outer before inner."""
    for part in parts:
        if not isinstance(part, Text):
            yield part
        if isinstance(part, Section):
            yield from walk(part.children)


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


def _is_special(part: Replacement | Section, note_type: NoteType) -> bool:
    if part.field in SPECIAL_FIELDS or (not part.field and isinstance(part, Replacement) and part.filters):
        return True
    return isinstance(part, Section) and note_type.kind is Kind.CLOZE and bool(_CLOZE_CONDITION.fullmatch(part.field))


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
