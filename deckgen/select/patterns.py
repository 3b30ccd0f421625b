"""Texts with Anki's wildcards, and Anki's regular expressions, as Python's patterns.

Anki compares plain text without regard to the case of ASCII letters alone (SQLite's LIKE); tags, names, words and
regular expressions without regard to any case. Its regular expressions are those of Rust's crate `regex`; what Python
would read in another way is refused.
"""

from __future__ import annotations

import re
import unicodedata

_ESCAPED = frozenset('\\":*_()-')
"""What a backslash may stand before."""

_PIECE = re.compile(r"\\(.)|(\*)|(_)|(.)", re.DOTALL)

_BLANKS = r" \t-\r\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""What Unicode calls white space."""

_OF_RUST_ALONE = re.compile(r"\\[pPzCQE<>]|\\[xuUbB]\{|\[\[|\[:|&&|~~|\(\?[a-z]*[xUuR]|\(\?[a-z-]*-")
_OF_PYTHON_ALONE = re.compile(r"\(\?(?:[=!>(#]|<[=!]|P[=>])|\\[1-9Z]|[*+?}]\+|\{,")


class QueryError(ValueError):
    """A query that cannot be understood; `help` says what to do."""

    def __init__(self, message: str, help: str) -> None:  # noqa: A002
        super().__init__(message)
        self.help = help


def wildcards(text: str, star: str = ".*") -> str:
    """Return a text with Anki's wildcards as a regular expression. Raises QueryError for an escape Anki has not."""
    pieces = []
    for escaped, many, one, plain in _PIECE.findall(text):
        if escaped and escaped not in _ESCAPED:
            help_ = f"for a backslash write  \\\\{escaped}"
            raise QueryError(f"Anki has no escape '\\{escaped}'", help_)
        pieces.append(star if many else "." if one else re.escape(escaped or plain))
    return "".join(pieces)


def plain(text: str) -> re.Pattern[str]:
    """Compile a text with wildcards as Anki looks for it in fields."""
    return re.compile(wildcards(text), re.IGNORECASE | re.ASCII | re.DOTALL)


def named(text: str) -> re.Pattern[str]:
    """Compile a text with wildcards as Anki looks for it in tags and names."""
    return re.compile(wildcards(text), re.IGNORECASE | re.DOTALL)


def word(text: str) -> re.Pattern[str]:
    """Compile a word with wildcards: not part of a longer word."""
    return re.compile(rf"\b{wildcards(text)}\b", re.IGNORECASE)


def expression(text: str) -> re.Pattern[str]:
    """Compile a regular expression. Raises QueryError."""
    if strange := _OF_RUST_ALONE.search(text) or _OF_PYTHON_ALONE.search(text):
        message = f"'{strange[0]}' in the regular expression '{text}' is not understood"
        raise QueryError(message, "write it with letters, classes such as [a-z], \\w, \\d, \\b, and * + ? { } | ( )")
    try:
        return re.compile(_with_blanks_of_rust(text), re.IGNORECASE)
    except (re.error, RecursionError, OverflowError) as wrong:
        raise QueryError(
            f"the regular expression '{text}' is wrong: {wrong}", "for plain text leave out  re:"
        ) from None


def _with_blanks_of_rust(text: str) -> str:
    r"""Spell `\s` out: for Python the character between fields, U+001F, is white space; for Rust it is none."""
    pieces, is_in_class = [], False
    for piece in re.findall(r"\\.|.", text, re.DOTALL):
        is_in_class = piece == "[" or (is_in_class and piece != "]")
        if piece == "\\s":
            pieces.append(_BLANKS if is_in_class else f"[{_BLANKS}]")
        elif piece == "\\S" and not is_in_class:
            pieces.append(f"[^{_BLANKS}]")
        else:
            pieces.append(piece)
    return "".join(pieces)


def without_marks(text: str) -> str:
    """Return a text without the marks on its letters, as `nc:` compares it."""
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.category(c).startswith("M"))
