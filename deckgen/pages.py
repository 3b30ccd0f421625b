"""A deck as pages for any reader: compiled, rendered, and put in place of those of the last time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deckgen.diagnostics import Diagnostic, Span, error
from deckgen.preview.assets import asset
from deckgen.staging import replace_folder
from deckgen.writers.html import MARK, PageData, write_single, write_site

if TYPE_CHECKING:
    from pathlib import Path

    from deckgen.gallery import Gallery


def in_the_way(target: Path, *, single: bool) -> Diagnostic | None:
    """Tell why pages cannot go to a place: something is there that is not pages of deckgen's."""
    page = target if single else target / "index.html"
    if not target.exists() or (not single and target.is_dir() and not any(target.iterdir())):
        return None
    is_ours = target.is_dir() is not single and page.is_file() and MARK in page.read_text("utf-8", errors="replace")
    if is_ours:
        return None
    message = f"here is {'a file' if target.is_file() else 'a folder'} that deckgen did not write, and it is left alone"
    return error(Span(target.as_posix()), "bad-output", message, "name another place, or move it away")


def write_pages(gallery: Gallery, target: Path, stage: Path, *, single: bool) -> None:
    """Put pages in the place of those of the last time; what is not finished stands in `stage`. Raises OSError."""
    index = {**gallery.index(for_author=False), "frame": asset("frame.css")}
    chunks = (gallery.cards(number) for number in range(gallery.chunks))
    data = PageData(gallery.deck.name, index, chunks, gallery.media)
    made = stage / "pages"
    if single:
        write_single(data, made)
        made.replace(target)
    else:
        write_site(data, made)
        replace_folder(made, target, stage / "old")
