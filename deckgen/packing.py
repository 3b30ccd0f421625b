"""A deck's stamped notes to a package, in a folder for what is not finished yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deckgen.render.markdown import to_html
from deckgen.writers.apkg import CollectionWriter, DeckHead, Row, write_package

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deckgen.identify import Identity
    from deckgen.lock import TypeEntry
    from deckgen.render.media import MediaFile
    from deckgen.topics import CompiledNote


@dataclass(slots=True)
class Packed:
    """A database whose package is still to be written, and what is in it."""

    stage: Path
    media: dict[str, MediaFile]
    notes: int = 0
    cards: int = 0

    def finish(self) -> Path:
        """Write the package and return where it is. Raises OSError."""
        write_package(self.stage / "package", self.stage / "collection", self.media.values())
        return self.stage / "package"


def pack(
    identity: Identity, is_meant: Callable[[CompiledNote], bool], stage: Path, progress: Callable[[int], None]
) -> Packed:
    """Write the notes that are meant into a database in the folder `stage`. Raises OSError, sqlite3.Error."""
    compilation, deck = identity.compilation, identity.compilation.deck
    packed = Packed(stage, {file.name: file for file in compilation.design_media})
    types: dict[str, TypeEntry] = {}
    description = _on_one_line(to_html(deck.description)) if deck.description else ""
    head = DeckHead(deck.name, description, deck.options, identity.ledger.new.created)
    writer = CollectionWriter(stage / "collection", head)
    try:
        for position, note, stamp, entry in identity.notes():
            progress(position)
            if is_meant(note):
                types[note.type] = entry
                home = compilation.home(note)
                writer.add(Row(entry.id, stamp, note.fields, note.tags, note.cards, home, position))
                packed.notes, packed.cards = packed.notes + 1, packed.cards + len(note.cards)
                packed.media.update((file.name, file) for file in note.media)
        writer.finish([(compilation.workshop.types[key], entry) for key, entry in types.items()])
    finally:
        writer.close()
    return packed


def _on_one_line(html: str) -> str:
    """Take the line breaks out of a deck's description: Anki shows each as one (aqt, overview.py)."""
    return html if "<pre" in html else html.replace("\n", " ")
