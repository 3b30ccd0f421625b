"""Ids for cards that have none: readable ones, written into the YAML so that every other byte stays as it is."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from deckgen.schema.text import slug
from deckgen.yamlsource import LINE_BREAK, Mapping, Node, Scalar, Sequence, load

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from deckgen.yamlsource import Loaded

_MAX_LENGTH = 28
_MAX_WORDS = 4
_CLOZE = re.compile(r"\{\{c[\d,]+::(.*?)(?:::[^{}]*)?\}\}", re.DOTALL)
_NOT_WORDS = re.compile(r"!\[([^\]]*)\]\([^)]*\)|\[sound:([^\]]*)\]|<[^<>]*>|\\[A-Za-z]+|&\w+;")
_SMALL_WORDS = {
    "en": frozenset(
        """a an and are as at be by did do does for from how in into is it its of on or that the these this those to
        was were what when where which who whom whose why with""".split()
    )
}
"""Words that say nothing about a card, by language; in others an id begins with the first words."""


class Slip(NamedTuple):
    """A card that an id cannot be written into: its line and column, counted from 0, and why."""

    line: int
    column: int
    why: str


def id_from(question: str, language: str, fallback: str, taken: Container[str]) -> str:
    """Return an id from a question's words, one that is not taken; from `fallback` where the question has no words."""
    plain = _CLOZE.sub(r"\1", question)
    words = slug(_NOT_WORDS.sub(r" \1\2 ", plain)).replace("_", "-").split("-")
    small = _SMALL_WORDS.get(language.partition("-")[0].casefold(), frozenset[str]())
    chosen = [word for word in words if word not in small] or words
    stem = chosen[0][:_MAX_LENGTH] or slug(fallback)[:_MAX_LENGTH] or "card"
    for word in chosen[1:_MAX_WORDS]:
        if len(stem) + len(word) >= _MAX_LENGTH:
            break
        stem += f"-{word}"
    number, found = 1, stem
    while found in taken:
        number += 1
        found = f"{stem}-{number}"
    return found


def with_ids(data: bytes, ids: dict[tuple[int, int], str]) -> tuple[bytes, list[Slip]]:
    """Return a YAML file with ids in the cards that begin at these lines and columns, counted from 0.

    What was written is read again and compared, so that nothing but the ids can have changed.
    """
    before = load("", data)
    cards = {(card.line, card.column): card for card in _maps(before.root) if (card.line, card.column) in ids}
    slips = [Slip(*place, "it is not where it was") for place in ids.keys() - cards.keys()]
    mark, text = ("\ufeff", data.decode()[1:]) if data.startswith(b"\xef\xbb\xbf") else ("", data.decode())
    lines = [*_lines_of(text)]
    backwards = sorted(cards, reverse=True)  # so that what is still to do stays where it is
    slips += [slip for place in backwards if (slip := _insert(lines, cards[place], ids[place]))]
    done = (mark + "".join(lines)).encode()
    left = {place for place in ids if any(place == slip[:2] for slip in slips)}
    wanted = {place: name for place, name in ids.items() if place not in left}
    if not _is_same(before.root, load("", done), wanted):
        return data, [Slip(*place, "its YAML is written in an unusual way") for place in ids]
    return done, sorted(slips)


def _insert(lines: list[str], card: Mapping, name: str) -> Slip | None:
    """Write an id in front of the first key that stands in the card itself."""
    own = (key for key, _ in card.pairs.values() if (key.line, key.column) >= (card.line, card.column))
    first = min(own, key=lambda key: (key.line, key.column), default=None)
    if first is None:
        return Slip(card.line, card.column, "it has no key of its own, all are merged from another card")
    line = lines[first.line]
    start = _in_raw(line, first.column)
    is_flow = re.sub(r"^(?:[&!]\S*\s+)*", "", lines[card.line][_in_raw(lines[card.line], card.column) :])[:1] == "{"
    written = f'"id": "{name}"' if first.style == '"' else f"id: {name}"
    ending = re.search(r"[\r\n\x85\u2028\u2029]+$", line)
    between = ", " if is_flow else f"{_ending(lines, ending)}{' ' * start}"
    lines[first.line] = f"{line[:start]}{written}{between}{line[start:]}"
    return None


def _ending(lines: list[str], own: re.Match[str] | None) -> str:
    """Return the line end to use: that of the line, or of the file where the line is its last."""
    if own:
        return own[0]
    return "\r\n" if lines[0].endswith("\r\n") else "\n"


def _lines_of(text: str) -> Iterator[str]:
    """Yield the lines as YAML counts them, with their ends."""
    start = 0
    for found in LINE_BREAK.finditer(text):
        yield text[start : found.end()]
        start = found.end()
    yield text[start:]


def _in_raw(line: str, column: int) -> int:
    """Return where a column of the composed line (NFC) is in the line as it was typed."""
    if unicodedata.is_normalized("NFC", line):
        return column
    return next(n for n in range(column, len(line) + 1) if len(unicodedata.normalize("NFC", line[:n])) >= column)


def _maps(node: Node | None) -> Iterator[Mapping]:
    if isinstance(node, Mapping):
        yield node
        for _, value in node.pairs.values():
            yield from _maps(value)
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _maps(item)


def _is_same(old: Node | None, done: Loaded, ids: dict[tuple[int, int], str]) -> bool:
    """Tell whether what was written is what was there, and the ids."""
    return not done.problems and _plain(old, ids) == _plain(done.root, {})


def _plain(node: Node | None, ids: dict[tuple[int, int], str]) -> object:
    """Return a value without its places; with the ids that belong into it."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Sequence):
        return [_plain(item, ids) for item in node.items]
    if isinstance(node, Mapping):
        pairs = {key: _plain(value, ids) for key, (_, value) in node.pairs.items()}
        if (node.line, node.column) in ids:
            pairs["id"] = ids[node.line, node.column]
        return pairs
    return None
