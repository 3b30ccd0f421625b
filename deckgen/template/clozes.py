"""Clozes as a card shows them: hidden, revealed or not its own, in text, in math and over images (rslib, cloze.rs)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deckgen.cloze import OCCLUSION, Cloze, parse
from deckgen.template.filters import strip_tags

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MATH = re.compile(r"(\\[(\[])(.*?)(\\[\])])", re.DOTALL)
_NAMED = {'"': "&quot;", "&": "&amp;", "<": "&lt;", ">": "&gt;"}
_NOT_PLAIN = re.compile(r"[\x00-/:-@\[-`{-\xff]")


def reveal(html: str, number: int, *, is_question: bool) -> str:
    """Return a field as the card of cloze `number` shows it; nothing if the field has no such cloze."""
    nodes = parse(html)
    if not any(number in each.numbers for each in _all_clozes(nodes, stop_at_images=True)):
        return ""
    shown = "".join(_shown(node, number, is_question=is_question) for node in nodes)
    return _MATH.sub(lambda math: f"{math[1]}{strip_tags(math[2])}{math[3]}", shown)


def reveal_only(html: str, number: int, *, is_question: bool) -> str:
    """Return just the clozes of a number: their hints, or what they hold."""
    own = [each for each in _all_clozes(parse(html)) if number in each.numbers]
    return ", ".join((each.hint if is_question else each.text) for each in own)


def to_type(html: str, number: int) -> str:
    """Return what is to be typed for cloze `number`, as HTML: once what stands there more than once."""
    own = [each.text for each in _all_clozes(parse(html)) if number in each.numbers]
    return own[0] if len(set(own)) == 1 else ", ".join(own)


def _all_clozes(nodes: Sequence[str | Cloze], *, stop_at_images: bool = False) -> Iterator[Cloze]:
    for node in nodes:
        if isinstance(node, Cloze):
            yield node
            if not (stop_at_images and _occlusion(node) is not None):
                yield from _all_clozes(node.nodes, stop_at_images=stop_at_images)


def _shown(node: str | Cloze, number: int, *, is_question: bool) -> str:
    if isinstance(node, str):
        return node
    is_active, ordinals = number in node.numbers, ",".join(map(str, node.numbers))
    if (occlusion := _occlusion(node)) is not None:
        return _shape(occlusion, ordinals, is_active=is_active, is_question=is_question)
    inside = "".join(_shown(each, number, is_question=is_question) for each in node.nodes)
    if is_active and is_question:
        return f'<span class="cloze" data-cloze="{_attribute(inside)}" data-ordinal="{ordinals}">[{node.hint}]</span>'
    return f'<span class="cloze{"" if is_active else "-inactive"}" data-ordinal="{ordinals}">{inside}</span>'


def _attribute(text: str) -> str:
    """Escape all of Latin-1 that is not an ASCII letter or digit."""
    return _NOT_PLAIN.sub(lambda c: _NAMED.get(c[0]) or f"&#x{ord(c[0]):02X};", text)


# --- Image occlusion --------------------------------------------------------------------------------------------------

_SHAPES = ("rect", "ellipse", "polygon", "text")
_ATTRIBUTES = {name: name for name in ("left", "top", "angle", "fill", "width", "height", "rx", "ry", "scale")}
_ATTRIBUTES |= {"points": "points", "text": "text", "oi": "occludeInactive", "fs": "font-size"}
_NEVER_0 = ("width", "height", "rx", "ry", "scale")

# Anki reads no further where a value is empty or has a backslash that does not stand before a colon.
_PROPERTY = re.compile(r":([^=]+)=((?:[^\\:]|\\:)++(?!\\)|\Z)")


def _occlusion(node: Cloze) -> str | None:
    first = node.nodes[0] if node.nodes else ""
    return first.removeprefix(OCCLUSION) if isinstance(first, str) and first.startswith(OCCLUSION) else None


def _shape(occlusion: str, ordinals: str, *, is_active: bool, is_question: bool) -> str:
    """Return the invisible element that tells the page where a mask is and how it looks."""
    is_hidden = (is_active and is_question) or ordinals[0] == "0"
    kind = "cloze" if is_hidden else "cloze-highlight" if is_active else "cloze-inactive"
    written = "".join(f'data-{name}="{value}" ' for name, value in _data(occlusion))
    return f'<div class="{kind}" data-ordinal="{ordinals}" {written}></div>'


def _data(occlusion: str) -> Iterator[tuple[str, str]]:
    """Yield a mask's attributes. As in Anki, only its text is escaped."""
    shape, colon, _ = occlusion.partition(":")
    if colon and shape in _SHAPES:
        yield "shape", shape
    found = _PROPERTY.match(occlusion, len(shape))
    while found is not None:
        name, value = found[1], found[2].replace("\\:", ":")
        if name == "points":
            value = " ".join(point for point in value.split(" ") if "," in point)
        if name in _ATTRIBUTES and value and not (value == "0" and name in _NEVER_0):
            yield _ATTRIBUTES[name], _attribute(value) if name == "text" else value
        found = _PROPERTY.match(occlusion, found.end())
