"""A deck read again and again while its author writes.

What did not change is not compiled anew, and what is broken keeps its last good cards.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from deckgen.choosing import chosen_by
from deckgen.compilation import open_deck
from deckgen.diagnostics import Diagnostic, Severity, in_order
from deckgen.discover import find_decks
from deckgen.gallery import gallery_of
from deckgen.identify import identify
from deckgen.workers import in_order as shared_out
from deckgen.workers import workers_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from deckgen.compilation import Compilation
    from deckgen.discover import TopicFile
    from deckgen.gallery import Gallery
    from deckgen.topics import CompiledNote, CompiledTopic, Workshop


@dataclass(slots=True)
class Rereader:
    """Reads the deck at a path; remembers its compiled topics by their files, and the last good cards of each."""

    path: Path
    clock: Callable[[], int]
    query: str = ""
    _topics: dict[Path, CompiledTopic] = field(default_factory=dict)
    _last: Gallery | None = None

    def read(self, changed: AbstractSet[Path] = frozenset()) -> tuple[Gallery | None, list[Diagnostic]]:
        """Read the deck, the first time or after these files (absolute) changed. Raises OSError.

        There is no gallery where the deck never was well enough to have one.
        """
        decks, problems = find_decks([self.path])
        compilation = None
        if decks:
            compilation, problems = open_deck(decks[0], linting=True)
        if compilation is None:
            return self.keep(problems)
        self._forget(changed, {topic.path.absolute() for topic in decks[0].topics})
        is_first = not self._topics
        workshop = compilation.workshop
        compilation.compile_files = lambda files: self._compile(workshop, files, in_parallel=is_first)
        identity = identify(compilation, self.clock(), None)
        notes = [stamped.note for stamped in sorted(identity.notes(), key=lambda stamped: stamped.position)]
        problems += identity.breaks()
        problems = in_order(problems)
        broken = {p.span.file for p in problems if p.severity is Severity.ERROR}
        if decks[0].head.as_posix() in broken and self._last and not decks[0].single:
            return self.keep(problems)
        notes = self._with_last_good(notes, broken, compilation)
        is_meant = chosen_by(compilation, self.query)
        if isinstance(is_meant, Diagnostic):  # a field that it names may be gone for now
            return self.keep([*problems, is_meant])
        notes = [note for note in notes if is_meant(note)]
        self._last = replace(gallery_of(compilation, notes), problems=problems)
        return self._last, problems

    def keep(self, problems: list[Diagnostic]) -> tuple[Gallery | None, list[Diagnostic]]:
        """Return what was last seen, with the problems of now."""
        if self._last:
            self._last = replace(self._last, problems=problems)
        return self._last, problems

    def _forget(self, changed: AbstractSet[Path], topics: AbstractSet[Path]) -> None:
        if changed <= topics:
            for path in changed:
                self._topics.pop(path, None)
        else:  # the head, a style or a picture: with it may change any card
            self._topics = {}

    def _compile(self, workshop: Workshop, files: Sequence[TopicFile], *, in_parallel: bool) -> Iterator[CompiledTopic]:
        """Yield every file's topic. Only before there are threads may processes be forked for it."""
        missing = [file for file in files if file.path.absolute() not in self._topics]
        workers = workers_for([file.size for file in missing]) if in_parallel else 0
        compiled = shared_out(workshop.compile, missing, workers) if workers else map(workshop.compile, missing)
        for file in files:
            path = file.path.absolute()
            if path not in self._topics:
                self._topics[path] = next(compiled)
            yield self._topics[path]

    def _with_last_good(
        self, notes: list[CompiledNote], broken: AbstractSet[str], compilation: Compilation
    ) -> list[CompiledNote]:
        """Return the notes with those of broken files as they last were, in the order of the files."""
        last = self._last.notes if self._last else ()
        types = compilation.workshop.types
        kept = [n for n in last if n.path in broken and n.type in types and _fits(n, len(types[n.type].fields))]
        if not kept:
            return notes
        replaced = {note.path for note in kept}
        order = {file.path.as_posix(): place for place, file in enumerate(compilation.files_in_order())}
        together = [note for note in notes if note.path not in replaced] + kept
        return sorted(together, key=lambda note: order.get(note.path, -1))


def _fits(note: CompiledNote, fields: int) -> bool:
    return note.fields.count("\x1f") + 1 == fields
