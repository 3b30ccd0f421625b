"""Problems for people and for machines: text, JSON, GitHub annotations, SARIF."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from deckgen import __version__
from deckgen.diagnostics import Severity
from deckgen.yamlsource import LINE_BREAK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deckgen.diagnostics import Diagnostic, Span

_WIDTH = 100  # of a source line shown below a problem


def render(problems: Iterable[Diagnostic], form: str) -> str:
    """Return the problems as `text`, `json`, `github` or `sarif`."""
    return {"text": _text, "json": _json, "github": _github, "sarif": _sarif}[form](list(problems))


def totals(problems: Iterable[Diagnostic]) -> str:
    """Return how many problems there are of each severity, as a line."""
    counts = Counter(p.severity for p in problems)
    return ", ".join(
        f"{n} {severity}{'' if n == 1 or severity is Severity.ADVICE else 's'}"
        for severity in Severity
        if (n := counts[severity])
    )


def _text(problems: list[Diagnostic]) -> str:
    lines_of = lru_cache(maxsize=8)(_lines_of)  # for this report: by the next one the files may have changed
    return "\n".join(_block(p, lines_of(p.span.file) if p.span.line else []) for p in problems)


def _block(problem: Diagnostic, source: list[str]) -> str:
    lines = [f"{problem.span}: {problem.severity}[{problem.code}]: {_shown(problem.message)}"]
    lines += _excerpt(problem.span, source)
    lines += [f"   {each.span}: {_shown(each.message)}" for each in problem.related]
    if problem.help:
        lines.append(f"   help: {_shown(problem.help)}")
    return "\n".join(lines) + "\n"


def _excerpt(span: Span, lines: list[str]) -> list[str]:
    """Return the line itself with carets below what is meant; a long line is cut around it."""
    if not 0 < span.line <= len(lines):
        return []
    line, column = lines[span.line - 1], span.column - 1
    start = max(0, column - _WIDTH // 2) if len(line) > _WIDTH else 0
    shown = _shown(line[start : start + _WIDTH].replace("\t", " "))
    carets = "^" * max(1, min(span.length, len(shown) - (column - start)))
    return [f"{span.line:>5} | {shown}", f"      | {' ' * _cells(shown[: column - start])}{carets}"]


def _cells(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _shown(text: str) -> str:
    """Replace what a terminal might obey."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _lines_of(file: str) -> list[str]:
    try:
        text = Path(file).read_bytes().decode("utf-8-sig", errors="replace")
        return LINE_BREAK.split(unicodedata.normalize("NFC", text))
    except OSError:
        return []


def _json(problems: list[Diagnostic]) -> str:
    return json.dumps([_as_dict(p) for p in problems], ensure_ascii=False, indent=1)


def _as_dict(problem: Diagnostic) -> dict[str, Any]:
    made: dict[str, Any] = {
        "code": problem.code,
        "severity": str(problem.severity),
        "message": problem.message,
        "help": problem.help,
        "span": _place(problem.span),
    }
    if problem.related:
        made["related"] = [{"message": each.message, "span": _place(each.span)} for each in problem.related]
    return made


def _place(span: Span) -> dict[str, Any]:
    return {"file": span.file, "line": span.line, "column": span.column}


_GITHUB = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "notice"}


def _github(problems: list[Diagnostic]) -> str:
    """Return workflow commands (docs.github.com, workflow-commands)."""
    return "\n".join(
        f"::{_GITHUB[p.severity]} file={_property(p.span.file)},line={max(1, p.span.line)},col={max(1, p.span.column)},"
        f"title={_property(p.code)}::{_data(f'{p.message}. {p.help}' if p.help else p.message)}"
        for p in problems
    )


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


_SARIF = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "note"}


def _sarif(problems: list[Diagnostic]) -> str:
    """Return a log of the OASIS standard, version 2.1.0."""
    codes = sorted({p.code for p in problems})
    driver = {
        "name": "deckgen",
        "version": __version__,
        "rules": [{"id": code, "help": {"text": f"See docs/rules.md#{code}"}} for code in codes],
    }
    results = [
        {
            "ruleId": p.code,
            "level": _SARIF[p.severity],
            "message": {"text": f"{p.message}. {p.help}" if p.help else p.message},
            "locations": [_location(p.span)],
            **_related(p),
        }
        for p in problems
    ]
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    }
    return json.dumps(log, ensure_ascii=False, indent=1)


def _related(problem: Diagnostic) -> dict[str, Any]:
    places = [{**_location(each.span), "message": {"text": each.message}} for each in problem.related]
    return {"relatedLocations": places} if places else {}


def _location(span: Span) -> dict[str, Any]:
    region = {"startLine": max(1, span.line), "startColumn": max(1, span.column)}
    return {
        "physicalLocation": {"artifactLocation": {"uri": quote(Path(span.file).as_posix(), safe="/")}, "region": region}
    }
