"""Problems as values: where something is wrong, what it is, and what to do about it.

A stage never raises for what a user got wrong and never prints. It returns `Diagnostic`s;
`pipeline` gathers them, `reports` turns them into text, JSON, GitHub annotations or SARIF.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Severity(StrEnum):
    """How much a problem matters: an error stops the build, the others do not."""

    ERROR = "error"
    WARNING = "warning"
    ADVICE = "advice"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A place in a file. `line` and `column` count from 1, in characters; 0 means the file as a whole."""

    file: str
    line: int = 0
    column: int = 0
    length: int = field(default=1, compare=False)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that has to do with a problem, and what is there."""

    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem. `code` is a word with a section in docs/rules.md; `help` says what to do."""

    span: Span
    code: str
    severity: Severity
    message: str
    help: str = ""
    related: tuple[Related, ...] = ()


def error(span: Span, code: str, message: str, help: str = "") -> Diagnostic:  # noqa: A002
    """Make an error: the deck is not written."""
    return Diagnostic(span, code, Severity.ERROR, message, help)


def warning(span: Span, code: str, message: str, help: str = "") -> Diagnostic:  # noqa: A002
    """Make a warning: the deck is written, but somebody should look."""
    return Diagnostic(span, code, Severity.WARNING, message, help)


def has_errors(problems: Iterable[Diagnostic]) -> bool:
    """Tell whether any of the problems stops the build."""
    return any(p.severity is Severity.ERROR for p in problems)


def in_order(problems: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Sort by file, line and column, each problem once (an alias can lead to the same place twice)."""
    return sorted(dict.fromkeys(problems), key=lambda p: (p.span, p.code, p.message))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return the known word most like `word` as a question, or nothing when none is near."""
    from rapidfuzz import fuzz, process  # noqa: PLC0415 - costs 20 ms, needed only where something is wrong

    def plain(text: str) -> str:
        return text.casefold().replace("_", " ").replace("-", " ")

    found = process.extractOne(word, list(known), scorer=fuzz.ratio, processor=plain, score_cutoff=60)
    return f"did you mean '{found[0]}'?" if found else ""
