"""`deckgen ids`: finds the cards of a deck that have no id, and gives them one, in their files and in the lock."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from deckgen.diagnostics import Diagnostic, Span, error
from deckgen.ids import id_from, with_ids
from deckgen.lock import NoteEntry

if TYPE_CHECKING:
    from deckgen.identify import Identity, Stamped
    from deckgen.lock import Lock
    from deckgen.topics import CompiledNote


class Naming:
    """Gathers the notes of a deck, then says what to write. `identity` is frozen: nothing but keys may change."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._taken: set[str] = set()
        self._nameless: list[tuple[CompiledNote, str]] = []
        self._ids: dict[str, tuple[str, str]] = {}
        self.problems: list[Diagnostic] = []

    def add(self, stamped: Stamped) -> None:
        """Take in a note."""
        if stamped.note.has_id:
            self._taken.add(stamped.note.key)
        else:
            self._nameless.append((stamped.note, stamped.stamp.guid))

    def written(self) -> dict[Path, tuple[bytes, int]]:
        """Return the files with ids in them, and how many. To be asked when all notes are in. Raises OSError."""
        lock, deck = self._identity.ledger.close(), self._identity.compilation.deck
        taken = self._taken | lock.notes.keys() | lock.gone.keys()
        wanted: dict[str, dict[tuple[int, int], str]] = defaultdict(dict)
        for note, guid in self._nameless:
            line, column, _ = note.at
            place = (line - 1, column - 1)
            if place in wanted[note.path]:
                self._refuse(note.path, *place, "an alias uses it twice; write it out")
                continue
            name = id_from(note.texts[0], deck.language, note.topic.title, taken)
            taken.add(name)
            wanted[note.path][place] = name
            self._ids[guid] = (name, note.asks)
        files: dict[Path, tuple[bytes, int]] = {}
        for path, ids in wanted.items():
            data, slips = with_ids(Path(path).read_bytes(), ids)
            for slip in slips:
                self._refuse(path, *slip)
            files[Path(path)] = (data, len(ids))
        return files

    def _refuse(self, path: str, line: int, column: int, why: str) -> None:
        at = Span(path, line + 1, column + 1)
        message = f"an id cannot be written into this card: {why}"
        self.problems.append(error(at, "id-not-written", message, "write  id: …  into it by hand, then run this again"))

    def lock(self) -> Lock:
        """Return the lock in which the cards go by their ids; guids, times and hashes are what they were."""
        lock = self._identity.ledger.new
        for key, text in list(lock.notes.items()):
            if named := self._ids.get(text[:16]):
                del lock.notes[key]
                name, asks = named
                lock.notes[name] = str(NoteEntry.parse(text)._replace(asks=asks, question="", answer=""))
        return lock
