"""Anki's cloze notation, `{{c1::text::hint}}`, as Anki itself reads it (rslib, cloze.rs; checked against 26.09)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

OPEN = r"\{\{c([0-9,]+)::"
MAX_DEPTH = 10
"""Anki ignores what is nested deeper."""

MAX_NUMBER = 500
"""Anki puts all higher numbers onto card 500."""

OPENING = re.compile(OPEN)
"""Finds openings; group 1 holds the numbers."""

_TOKEN = re.compile(OPEN + r"|\}\}")


def numbers(digits: str) -> list[int]:
    """Return the numbers in the `1,2` of `{{c1,2::…}}`; Anki passes over what does not fit 16 bits."""
    trimmed = (part.lstrip("0") or "0" for part in digits.split(",") if part)
    return [int(part) for part in trimmed if len(part) <= 5 and int(part) <= 0xFFFF]


def cards(texts: Iterable[str]) -> set[int]:
    """Return the cloze numbers of a note's fields, each of which is one card. A cloze that is not closed is none."""
    found: set[int] = set()
    for text in texts:
        if "{{c" in text:
            found |= _closed(text)
    return found


def _closed(text: str) -> set[int]:
    found: set[int] = set()
    stack: list[set[int]] = []
    for token in _TOKEN.finditer(text):
        if token[1] is not None:
            if numbered := numbers(token[1]):
                _push(stack, set(numbered))
        elif stack:
            inner = stack.pop()
            # What a cloze holds counts only once it is itself closed.
            (stack[-1] if stack else found).update(inner)
    return found - {0}


def _push(stack: list[set[int]], opened: set[int]) -> None:
    if len(stack) < MAX_DEPTH:
        stack.append(opened)


def first_unclosed(text: str) -> tuple[str, int] | None:
    """Return the opening of the first cloze that is never closed, and which of its like it is, from 0."""
    stack: list[re.Match[str]] = []
    for token in _TOKEN.finditer(text):
        if token[1] is not None:
            stack.append(token)
        elif stack:
            stack.pop()
    if not stack:
        return None
    return stack[0][0], text.count(stack[0][0], 0, stack[0].start())
