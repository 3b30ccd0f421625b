"""Notes by a search: of a compiled deck, and of packages that are compared."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING

from deckgen.diagnostics import Diagnostic, Severity, Span, did_you_mean, error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from deckgen.compilation import Compilation
    from deckgen.readers.apkg import Package, PackedNote
    from deckgen.select import Candidate, QueryError
    from deckgen.topics import CompiledNote

_NAMED = re.compile(r'\b(tag|note|deck):(?:"([^"]*)"|([^\s()"]+))', re.IGNORECASE)


def chosen_by(compilation: Compilation, query: str) -> Callable[[CompiledNote], bool] | Diagnostic:
    """Return a function that tells whether a note is found, or what is wrong with the query; an empty one finds all."""
    if not query:
        return lambda _: True
    from deckgen.select import QueryError  # noqa: PLC0415 - few builds search

    try:
        return compilation.search(query)
    except QueryError as wrong:
        return wrong_query(Span(compilation.files.head.as_posix()), query, wrong)


def wrong_query(at: Span, query: str, wrong: QueryError) -> Diagnostic:
    """Say what is wrong with a query."""
    return error(at, "bad-query", f"in the query '{query}': {wrong}", wrong.help)


def near_misses(compilation: Compilation, query: str) -> str:
    """Return what a query that finds nothing may have meant by its tags, note types and decks; or nothing."""
    notes = [note for _, note in compilation.notes()]
    known = {
        "tag": _with_those_above(tag for note in notes for tag in note.tags),
        "note": {kind.name for kind in compilation.workshop.types.values()},
        "deck": _with_those_above(map(compilation.home, notes)),
    }
    for kind, quoted, plain in _NAMED.findall(query):
        value = quoted or plain
        names = {name.casefold() for name in known[kind.lower()]}
        if not set(value) & set("*_\\") and value.casefold() not in names:
            near = did_you_mean(value, sorted(known[kind.lower()]))
            if near:
                return f"nothing has {kind}:{value}; {near}"
    return ""


def _with_those_above(names: Iterable[str]) -> set[str]:
    return {name[: level.start()] for name in set(names) for level in re.finditer("::|$", name)}


def about(notes: Sequence[CompiledNote], is_meant: Callable[[CompiledNote], bool]) -> Callable[[Diagnostic], bool]:
    """Return a function that tells whether a problem is worth telling who asks for some notes.

    Errors are, and what does not stand in a note.
    """
    begun: dict[str, list[tuple[int, bool]]] = {}
    for note in notes:
        begun.setdefault(note.path, []).append((note.line, is_meant(note)))

    def is_told(problem: Diagnostic) -> bool:
        lines = begun.get(problem.span.file, [])
        place = bisect_right(lines, (problem.span.line, True))
        return problem.severity is Severity.ERROR or not place or not problem.span.line or lines[place - 1][1]

    return is_told


def parts(old: Package, new: Package, query: str) -> tuple[Package, Package]:
    """Return of two packages the notes that a query finds in either. Raises QueryError."""
    from deckgen.select import parse  # noqa: PLC0415

    names = [name for package in (old, new) for kind in package.types.values() for _, name in kind.fields]
    found = parse(query, names)
    meant = {guid for package in (old, new) for guid, note in package.notes.items() if _is_found(package, note, found)}
    return _part(old, meant), _part(new, meant)


def _part(package: Package, meant: Iterable[str]) -> Package:
    wanted = set(meant)
    return replace(package, notes={guid: note for guid, note in package.notes.items() if guid in wanted})


def _is_found(package: Package, note: PackedNote, found: Callable[[Candidate], bool]) -> bool:
    return any(map(found, _candidates(package, note)))


def _candidates(package: Package, note: PackedNote) -> Iterator[Candidate]:
    from deckgen.select import Candidate  # noqa: PLC0415

    kind = package.types[note.type_id]
    fields = {name.casefold(): html for (_, name), html in zip(kind.fields, note.fields, strict=False)}
    for card in sorted(note.cards):
        template = kind.templates[card][1] if card < len(kind.templates) else None
        yield Candidate(fields, note.tags, note.deck, kind.name, card, template, kind.is_cloze)
