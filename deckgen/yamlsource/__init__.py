"""YAML bytes to values that know where they stand.

This package knows YAML and nothing of decks. It differs from a usual loader in three ways: scalars stay
the text that was typed (`no`, `1.10` and `~` are not interpreted), every value has its line and column,
and whatever is wrong comes back as diagnostics.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from yaml import MarkedYAMLError

from deckgen.diagnostics import Diagnostic, Span, error
from deckgen.yamlsource.reader import Reader, StopReadingError
from deckgen.yamlsource.values import FORBIDDEN, LINE_BREAK, Mapping, Node, Scalar, Sequence, Source, Written

__all__ = ["FORBIDDEN", "LINE_BREAK", "Loaded", "Mapping", "Node", "Scalar", "Sequence", "Source", "Written", "load"]

_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of a file: its root value (None if it is empty or broken) and the problems."""

    source: Source
    root: Node | None
    problems: list[Diagnostic]


def load(file: str, data: bytes) -> Loaded:
    """Parse one YAML document. `file` is only a name for messages."""
    text, problem = _decode(file, data)
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)  # what Anki does to all it imports, done before anything is compared
        data = text.encode()
    source = Source(file, text)
    if problem:
        return Loaded(source, None, [problem])
    reader = Reader(source, data)
    try:
        root = reader.document()
    except StopReadingError as stop:
        return Loaded(source, None, [*reader.problems, stop.problem])
    except MarkedYAMLError as broken:
        from deckgen.yamlsource.slips import explain  # noqa: PLC0415 - most files are well

        slip = explain(file, text, broken)
        return Loaded(source, None, [*(p for p in reader.problems if p.span.line != slip.span.line), slip])
    if isinstance(root, Scalar) and not root.text and not root.style:
        root = None  # nothing but `---`
    return Loaded(source, root, reader.problems)


def _decode(file: str, data: bytes) -> tuple[str, Diagnostic | None]:
    """Decode UTF-8, with or without a byte order mark."""
    if data[:2] in _UTF16 or b"\x00" in data[:4]:
        what = "this file is UTF-16 or binary, not UTF-8" if data[:2] in _UTF16 else "this is not a text file"
        return "", error(Span(file, 1, 1), "not-utf8", what, "save the file as UTF-8")
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as bad:
        before = data[: bad.start].decode("utf-8")
        lines = LINE_BREAK.split(before)
        found = f"byte 0x{data[bad.start]:02x} is not UTF-8 text"
        readable = data.decode("utf-8", "replace")
        return readable, error(
            Span(file, len(lines), len(lines[-1]) + 1),
            "not-utf8",
            found,
            "save the file as UTF-8 (it may be Latin-1 or Windows-1252 now)",
        )
    if bad_character := FORBIDDEN.search(text):
        lines = LINE_BREAK.split(text[: bad_character.start()])
        return text, error(
            Span(file, len(lines), len(lines[-1]) + 1),
            "control-character",
            f"character U+{ord(bad_character[0]):04X} cannot stand in a text",
            "delete it; it may be invisible in your editor",
        )
    return text, None
