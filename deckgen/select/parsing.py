"""Anki's search language taken apart: terms, `or`, brackets, `-`, quotes and escapes.

Terms beside each other must all hold; quotes hold a term together; `*` stands for any characters and `_` for one.
Source: Anki's manual, "Searching", and rslib's search/parser.rs; tests/test_select.py asks Anki itself.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, NoReturn

from deckgen.diagnostics import did_you_mean
from deckgen.select import terms
from deckgen.select.patterns import QueryError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deckgen.select.terms import Predicate

_BLANK = " \u3000"  # what parts terms; other white space does not
_PLAIN = rf"\\[^{_BLANK}]|[^\"()\\{_BLANK}]"
_KEY = rf"(?:\\[^{_BLANK}]|[^\"():\\{_BLANK}])+:"
_QUOTED = r'"(?:\\.|[^"\\])*"'
_TERM = rf"(?P<term>(?:{_KEY})?{_QUOTED}|(?:{_PLAIN})+)"
_WITH_QUOTES = re.compile(rf'((?:{_KEY})?)"((?:\\.|[^"\\])*)"', re.DOTALL)
_TOKEN = re.compile(rf"(?P<open>\()|(?P<close>\))|(?P<minus>-(?=[^{_BLANK}]))|{_TERM}", re.DOTALL)
_NEGATED = re.compile(rf"(?P<open>\()|{_TERM}", re.DOTALL)  # a second `-` is text
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
_INSTEAD = "choose by tag:, deck:, note:, card: or by text"
_MAX_DEPTH = 50
_OF_A_COLLECTION = ("dupe", "preset")
_DECKS_OF_A_COLLECTION = ("current", "filtered")
_SEARCHES = {
    "tag": terms.tag,
    "deck": terms.deck,
    "note": terms.note,
    "card": terms.card,
    "re": terms.regular,
    "nc": terms.no_marks,
    "w": terms.whole_word,
    "sc": terms.no_clozes,
}


def parse(query: str, fields: list[str]) -> Predicate:
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
    tokens: list[tuple[str, str]] = []
    position = 0
    while rest := query[position:].lstrip(_BLANK):
        position = len(query) - len(rest)
        follows_minus = bool(tokens) and tokens[-1][0] == "minus"
        found = (_NEGATED if follows_minus else _TOKEN).match(query, position)
        if found is None or found.lastgroup is None:
            _refuse(f"the query breaks off at '{rest[:20]}'", "close the quotes")
        tokens.append((found.lastgroup, found[found.lastgroup]))
        position = found.end()
    return tokens


class _Parser:
    """Recursive descent over the tokens, which it uses up."""

    def __init__(self, tokens: list[tuple[str, str]], fields: list[str]) -> None:
        self.tokens = tokens
        self._fields = fields
        self._depth = 0

    def alternatives(self) -> Predicate:
        choices = [self._together()]
        while self.tokens and self.tokens[0] in _OR:
            self.tokens.pop(0)
            choices.append(self._together())
        return choices[0] if len(choices) == 1 else lambda note: any(choice(note) for choice in choices)

    def _together(self) -> Predicate:
        parts: list[Predicate] = []
        while self.tokens and self.tokens[0][0] != "close" and self.tokens[0] not in _OR:
            if self.tokens[0] in _AND:
                self.tokens.pop(0)
                if not parts or not self.tokens or self.tokens[0][0] == "close" or self.tokens[0] in (*_OR, *_AND):
                    _refuse("something is missing beside 'and'", "write a term on each side, or put it in quotes")
                continue
            parts.append(self._one())
        if not parts:
            _refuse("something is missing beside 'or' or inside brackets", "write a term on each side")
        return parts[0] if len(parts) == 1 else lambda note: all(part(note) for part in parts)

    def _one(self) -> Predicate:
        kind, text = self.tokens.pop(0)
        if kind == "minus":
            if not self.tokens:
                _refuse("'-' stands at the end", "write what is not meant after it")
            if self.tokens[0][1].casefold().startswith(("sc:", '"sc:')):
                return self._search(self.tokens.pop(0)[1], _SEARCHES | {"sc": terms.negated_no_clozes})
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
        return self._search(text, _SEARCHES)

    def _search(self, written: str, searches: Mapping[str, Callable[[str], Predicate]]) -> Predicate:
        quoted = _WITH_QUOTES.fullmatch(written)
        text = quoted[1] + quoted[2] if quoted else written
        if not text:
            _refuse("there is nothing between the quotes", "write what is meant, or leave them out")
        name, colon, value = _at_colon(text)
        if not colon:
            return terms.text(text)
        key = name.casefold()
        if key in _HISTORY:
            _refuse(f"'{name}:' asks what a learner did, which an author's deck does not know", _INSTEAD)
        if key in _OF_A_COLLECTION or (key == "deck" and value.casefold() in _DECKS_OF_A_COLLECTION):
            _refuse(f"'{text}' asks for a learner's collection, which an author's deck does not know", _INSTEAD)
        if key in searches:
            return searches[key](value)
        if "*" not in name and "_" not in name and _unescaped(key) not in self._fields:
            near = did_you_mean(name, [*_SEARCHES, *self._fields])
            fields = ", ".join(sorted(set(self._fields)))
            help_ = near or f"fields are: {fields}; for text write \\:"
            _refuse(f"no note type of this deck has a field '{name}'", help_)
        return terms.in_field(key, value)


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
