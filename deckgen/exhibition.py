"""A deck in the preview: its gallery as the answers that the server gives, and how it is read again after a change."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deckgen.diagnostics import Span, error
from deckgen.gallery import nothing_to_see
from deckgen.preview.assets import asset
from deckgen.preview.scriptdata import script_json
from deckgen.rereading import Rereader
from deckgen.select import QueryError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deckgen.diagnostics import Diagnostic
    from deckgen.gallery import Gallery


@dataclass(frozen=True, slots=True)
class Exhibition:
    """What is shown until the next change; the index is made once. Without a gallery there are only problems."""

    gallery: Gallery | None
    page_index: bytes
    media: dict[str, Path] = field(default_factory=dict)

    def index(self) -> bytes:
        """Return the index as JSON."""
        return self.page_index

    def cards(self, chunk: int) -> bytes:
        """Return the cards of a chunk as JSON; none of one that is not there."""
        return script_json(self.gallery.cards(chunk) if self.gallery else []).encode()

    def search(self, query: str) -> dict[str, object]:
        """Return the numbers of the notes that are found, or what is wrong with the query."""
        if self.gallery is None:
            return {"notes": []}
        try:
            return {"notes": self.gallery.found(query)}
        except QueryError as wrong:
            return {"error": str(wrong), "help": wrong.help}


@dataclass(frozen=True, slots=True)
class Exhibitor:
    """Opens the deck at a path, and again whenever its files change."""

    path: Path
    rereader: Rereader

    def open(self) -> Exhibition:
        """Read the deck for the first time. Raises OSError."""
        return _exhibition(self.path, *self.rereader.read())

    def again(self, changed: set[Path]) -> Exhibition:
        """Read what changed (absolute paths). What cannot be read is a problem to show, not an end of the preview."""
        try:
            return _exhibition(self.path, *self.rereader.read(changed))
        except OSError as failed:
            at = Span((failed.filename and str(failed.filename)) or self.path.as_posix())
            message = f"this cannot be read: {failed.strerror or failed}"
            return _exhibition(self.path, *self.rereader.keep([error(at, "unreadable", message, "save it once more")]))


def exhibitor(path: Path, clock: Callable[[], int], query: str = "") -> Exhibitor:
    """Return who shows the deck at a path, or what a query finds in it; `clock` gives the seconds since 1970."""
    return Exhibitor(path, Rereader(path, clock, query))


def _exhibition(path: Path, gallery: Gallery | None, problems: list[Diagnostic]) -> Exhibition:
    index = gallery.index() if gallery else nothing_to_see(path.name, problems)
    body = script_json({**index, "frame": asset("frame.css")}).encode()
    return Exhibition(gallery, body, gallery.media if gallery else {})
