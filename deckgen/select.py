"""Which notes: the core of Anki's search language, so that authors choose cards as learners search for them.

Terms beside each other must all hold, `or` and brackets work, `-` negates, quotes hold a term together, `*` stands for
any characters and `_` for one. Understood are words and phrases, `tag:`, `deck:`, `note:`, `card:` and searches in one
field (`front:*cortex*`). What a search asks of a learner's history (`is:due`) has no meaning for an author and is
refused, as is what is not understood yet. Source: Anki's manual, "Searching"; tests/test_select.py asks Anki itself.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from deckgen.diagnostics import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

_TOKEN = re.compile(
    r"""\s* (?: (?P<open>\() | (?P<close>\)) | (?P<minus>-(?=\S))
           | (?P<term> (?: "(?:\\.|[^"\\])*" | \\. | [^\s()"\\] )+ ) )""",
    re.VERBOSE | re.DOTALL,
)
_HISTORY = (
    "is",
    "prop",
    "added",
    "edited",
    "rated",
    "introduced",
    "resched",
    "flag",
    "did",
    "cid",
    "nid",
    "mid",
    "has-cd",
)
_LATER = ("re", "nc", "sc", "w", "dupe", "preset")
_INSTEAD = "choose by tag:, deck:, note:, card: or by text"
_MAX_DEPTH = 50
_KNOWN = ("tag", "deck", "note", "card")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A card as a search sees it: Anki searches cards, and finds the notes that have one.

    `fields` maps names in lower case to HTML, `card` is the ordinal from 0, `template` that card's template.
    """

    fields: dict[str, str]
    tags: tuple[str, ...]
    deck: str
    note_type: str
    card: int
    template: str


class QueryError(ValueError):
    """A query that cannot be understood; `help` says what to do."""

    def __init__(self, message: str, help: str) -> None:  # noqa: A002
        super().__init__(message)
        self.help = help


def parse(query: str, fields: list[str]) -> Callable[[Candidate], bool]:
    """Return a function that tells whether a card is meant. Raises QueryError.

    `fields` are the names of all fields in the deck, to know a field search by.
    """
    parser = _Parser(_tokens(query), [f.casefold() for f in fields])
    if not parser.tokens:
        return lambda _: True
    predicate = parser.alternatives()
    if parser.tokens:
        _refuse("there is a ')' without a '('", "delete it, or put it in quotes")
    return predicate


def _refuse(message: str, help: str) -> NoReturn:  # noqa: A002
    raise QueryError(message, help)


def _tokens(query: str) -> list[tuple[str, str]]:
    query = unicodedata.normalize("NFC", query)
    tokens = []
    position = 0
    while query[position:].strip():
        found = _TOKEN.match(query, position)
        if found is None or found.lastgroup is None:
            _refuse(f"the query breaks off at '{query[position:].strip()[:20]}'", "close the quotes")
        tokens.append((found.lastgroup, found[found.lastgroup]))
        position = found.end()
    return tokens


class _Parser:
    """Recursive descent over the tokens, which it uses up."""

    def __init__(self, tokens: list[tuple[str, str]], fields: list[str]) -> None:
        self.tokens = tokens
        self._fields = fields
        self._depth = 0

    def alternatives(self) -> Callable[[Candidate], bool]:
        choices = [self._together()]
        while self.tokens and self.tokens[0] in _OR:
            self.tokens.pop(0)
            choices.append(self._together())
        return choices[0] if len(choices) == 1 else lambda note: any(choice(note) for choice in choices)

    def _together(self) -> Callable[[Candidate], bool]:
        parts = []
        while self.tokens and self.tokens[0][0] != "close" and self.tokens[0] not in _OR:
            if self.tokens[0] in _AND:
                self.tokens.pop(0)
                continue
            parts.append(self._one())
        if not parts:
            _refuse("something is missing beside 'or' or inside brackets", "write a term on each side")
        return parts[0] if len(parts) == 1 else lambda note: all(part(note) for part in parts)

    def _one(self) -> Callable[[Candidate], bool]:
        kind, text = self.tokens.pop(0)
        if kind == "minus":
            if not self.tokens:
                _refuse("'-' stands at the end", "write what is not meant after it")
            negated = self._one()
            return lambda note: not negated(note)
        if kind == "open":
            self._depth += 1
            if self._depth > _MAX_DEPTH:
                _refuse("brackets within brackets, too deep", "write the query with fewer brackets")
            inside = self.alternatives()
            self._depth -= 1
            if not self.tokens or self.tokens.pop(0)[0] != "close":
                _refuse("a '(' is not closed", "add the ')'")
            return inside
        return self._term(text)

    def _term(self, written: str) -> Callable[[Candidate], bool]:
        text = re.sub(r'(\\.)|"', r"\1", written)
        name, colon, value = _at_colon(text)
        if not colon:
            return _contains(text)
        key = name.casefold()
        if key in _HISTORY:
            _refuse(f"'{name}:' asks what a learner did, which an author's deck does not know", _INSTEAD)
        if key in _LATER:
            _refuse(f"'{name}:' is not understood yet", _INSTEAD)
        if key in _KNOWN:
            return _SEARCHES[key](value)
        if "*" not in name and _unescaped(key) not in self._fields:
            near = did_you_mean(name, [*_KNOWN, *self._fields])
            fields = ", ".join(sorted(set(self._fields)))
            _refuse(
                f"no note type of this deck has a field '{name}'", near or f"fields are: {fields}; for text write \\:"
            )
        return _in_field(key, value)


_OR = (("term", "or"), ("term", "OR"), ("term", "Or"), ("term", "oR"))
_AND = tuple(("term", a + n + d) for a in "aA" for n in "nN" for d in "dD")


def _at_colon(text: str) -> tuple[str, str, str]:
    """Part a term at its first colon that is not escaped."""
    for found in re.finditer(r"\\.|:", text, re.DOTALL):
        if found[0] == ":":
            return text[: found.start()], ":", text[found.end() :]
    return text, "", ""


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _pattern(text: str) -> re.Pattern[str]:
    """Compile a text with Anki's wildcards."""
    pieces = []
    for found in re.finditer(r"\\(.)|(\*)|(_)|(.)", text, re.DOTALL):
        escaped, star, one, plain = found.groups()
        pieces.append(".*" if star else "." if one else re.escape(escaped or plain))
    return re.compile("".join(pieces), re.IGNORECASE | re.DOTALL)


def _contains(text: str) -> Callable[[Candidate], bool]:
    wanted = _pattern(text)
    return lambda note: wanted.search("\x1f".join(note.fields.values())) is not None  # `*` reaches over fields, too


def _in_field(name: str, value: str) -> Callable[[Candidate], bool]:
    which, wanted = _pattern(name), _pattern(value)
    return lambda note: any(which.fullmatch(f) and wanted.fullmatch(html) for f, html in note.fields.items())


def _tag(value: str) -> Callable[[Candidate], bool]:
    if value == "none":
        return lambda note: not note.tags
    wanted = re.compile(f"(?:{_pattern(value).pattern})(?:::.*)?", re.IGNORECASE | re.DOTALL)
    return lambda note: any(wanted.fullmatch(tag) for tag in note.tags)


def _deck(value: str) -> Callable[[Candidate], bool]:
    wanted = re.compile(f"(?:{_pattern(value).pattern})(?:::.*)?", re.IGNORECASE | re.DOTALL)
    return lambda note: wanted.fullmatch(note.deck) is not None


def _note(value: str) -> Callable[[Candidate], bool]:
    wanted = _pattern(value)
    return lambda note: wanted.fullmatch(note.note_type) is not None


def _card(value: str) -> Callable[[Candidate], bool]:
    wanted = _pattern(value)
    if value.isdecimal():
        return lambda note: note.card == max(int(value), 1) - 1
    return lambda note: wanted.fullmatch(note.template) is not None


_SEARCHES = {"tag": _tag, "deck": _deck, "note": _note, "card": _card}
