"""The page's own files: HTML, scripts and styles without a build step."""

from __future__ import annotations

import re
from pathlib import Path

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w-]+\.js)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class)\b)", re.MULTILINE)

STATIC = Path(__file__).parent / "static"


def asset(name: str) -> str:
    """Return the text of one of the page's files."""
    return (STATIC / name).read_text(encoding="utf-8")


def joined_script() -> str:
    """Return the page's scripts as one without imports, for pages that are opened from disk, where modules fail.

    Relies on how they are written: imports of one line each, exports by `export` alone, no two names alike.
    """
    return "\n".join(_without_modules(asset(name)) for name in _needed("app.js", []))


def _needed(name: str, known: list[str]) -> list[str]:
    """Return a module and what it imports, what is imported first."""
    for other in _IMPORT.findall(asset(name)):
        if other not in known:
            _needed(other, known)
    if name not in known:
        known.append(name)
    return known


def _without_modules(script: str) -> str:
    return _EXPORT.sub("", _IMPORT.sub("", script))
