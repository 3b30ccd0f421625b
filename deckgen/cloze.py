"""Anki's cloze notation, `{{c1::text::hint}}`, as Anki itself reads it (rslib, cloze.rs; checked against 26.09)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

OPEN = r"\{\{c([0-9,]+)::"
MAX_DEPTH = 10
"""Anki ignores what is nested deeper."""

MAX_NUMBER = 500
"""Anki puts all higher numbers onto card 500."""

OCCLUSION = "image-occlusion:"
"""What the text of a mask begins with; it has no hint."""

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


@dataclass(slots=True)
class Cloze:
    """A cloze with what it holds: texts and further clozes. `hint` is `...` where none is written."""

    numbers: list[int]
    nodes: list[str | Cloze] = field(default_factory=list)
    hint: str = "..."

    @property
    def text(self) -> str:
        """Return what it holds, with the clozes inside opened."""
        return "".join(node if isinstance(node, str) else node.text for node in self.nodes)


def parse(html: str) -> list[str | Cloze]:
    """Take a field apart. A cloze that is never closed is gone, with all it holds."""
    found: list[str | Cloze] = []
    stack: list[Cloze] = []
    done = 0
    for token in _TOKEN.finditer(html):
        numbered = numbers(token[1]) if token[1] is not None else []
        if token[1] is not None and not numbered:
            continue  # no cloze, but text
        _add_text(html[done : token.start()], stack, found)
        done = token.end()
        if token[1] is not None:
            if len(stack) < MAX_DEPTH:
                stack.append(Cloze(sorted(set(numbered))))
        elif stack:
            closed = stack.pop()
            (stack[-1].nodes if stack else found).append(closed)
        else:
            found.append("}}")
    _add_text(html[done:], stack, found)
    return found


def _add_text(text: str, stack: list[Cloze], found: list[str | Cloze]) -> None:
    if not stack:
        found.append(text)
        return
    if not text.startswith(OCCLUSION):
        text, has_hint, hint = text.partition("::")
        if has_hint:
            stack[-1].hint = hint
    stack[-1].nodes.append(text)
