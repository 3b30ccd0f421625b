"""Themes: `base.css` says where things stand, a theme's own file gives colours, fonts and sizes."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "themes"


@lru_cache(maxsize=1)
def theme_names() -> tuple[str, ...]:
    """Return the names that `theme:` takes."""
    return tuple(sorted(p.stem for p in _FOLDER.glob("*.css") if p.stem != "base"))


def stylesheet(theme: str) -> str:
    """Return the CSS of a theme as it goes into a note type."""
    return "".join((_FOLDER / f"{name}.css").read_text(encoding="utf-8") for name in ("base", theme))
