"""Anki's template language taken apart, as rslib's template.rs takes it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BLANKS = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""What Anki takes off both ends of a text. Python's `strip` takes off some controls too."""

# A directive of old templates, which makes <%Field%> of {{Field}}.
_ALTERNATIVE = re.compile(rf"[{BLANKS}]*(?:\{{\{{=<% %>=\}}\}})+")
_TOKENS = re.compile(r"\{\{(.*?)\}\}|<!--.*?-->", re.DOTALL)
_ALTERNATIVE_TOKENS = re.compile(r"<%(.*?)%>|<!--.*?-->", re.DOTALL)
_MAX_SECTIONS = 100


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
    if "{{=" in template and (old := _ALTERNATIVE.match(template)):
        template = template[old.end() :]
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
        inside = token[1].lstrip("{").strip(BLANKS)
        sign, name = (inside[0], inside[1:].lstrip(BLANKS)) if len(inside) > 1 and inside[0] in "#^/" else ("", inside)
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
