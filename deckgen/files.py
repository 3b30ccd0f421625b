"""Files that a deck names: only those in its own folder, and never through a link.

A deck may come from a stranger. What it names ends up in a package that is passed on, so a path or a link that
leads out of the deck's folder is refused, wherever it is written.
"""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path
from typing import NamedTuple

from deckgen.diagnostics import did_you_mean


class FileSlip(NamedTuple):
    """Why a file cannot be taken. `code` is one of missing, outside, link."""

    code: str
    message: str
    help: str


def find(folder: Path, written: str, beside: list[Path]) -> Path | FileSlip:
    """Return the file that `written` names, looked for in `beside` in turn; all must lie in the deck's `folder`."""
    if "\0" in written or not written:
        return FileSlip("missing", "an empty name names no file", "write the file's name")
    spellings = dict.fromkeys(
        (written, unicodedata.normalize("NFD", written))
    )  # texts are NFC, names on disk may not be
    for place in dict.fromkeys(beside):
        for spelling in spellings:
            path = Path(os.path.normpath(place / spelling))
            if os.path.lexists(path):
                return _inside(folder, path, written)
    if Path(written).is_absolute() or ".." in Path(written).parts:
        return _outside(written)
    near = did_you_mean(os.path.basename(written), names_in(folder))
    return FileSlip("missing", f"there is no file '{written}' in the deck's folder", near or "put it beside the cards")


def names_in(folder: Path) -> list[str]:
    """Return the names of the first thousand files in a deck's folder, for suggestions."""
    names = []
    for _, _, files in os.walk(folder):
        names += sorted(files)
        if len(names) > 1000:
            break
    return names


def _inside(folder: Path, path: Path, written: str) -> Path | FileSlip:
    folder = Path(os.path.normpath(folder))
    if not path.is_relative_to(folder):
        return _outside(written)
    if os.path.realpath(path) != os.path.join(os.path.realpath(folder), os.path.relpath(path, folder)):
        return FileSlip("link", f"'{written}' is a link", "put the file itself into the deck's folder")
    if not path.is_file():
        return FileSlip("missing", f"'{written}' is not a file", "name a file, not a folder")
    return path


def _outside(written: str) -> FileSlip:
    return FileSlip("outside", f"'{written}' lies outside of the deck's folder", "copy the file into the deck's folder")
