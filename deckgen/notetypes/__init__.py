"""The note types of a deck: the built-in ones in the deck's language and theme, and the author's own, checked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from deckgen.diagnostics import Diagnostic, Severity, Span, did_you_mean, error
from deckgen.files import FileSlip, find
from deckgen.notetypes.builtin import built_in
from deckgen.notetypes.themes import stylesheet, theme_names
from deckgen.template.checking import check
from deckgen.yamlsource import Source, Written

if TYPE_CHECKING:
    from deckgen.model import Deck, NoteType, Template
    from deckgen.render.media import MediaFile, MediaLibrary


class Resolved(NamedTuple):
    """A deck's note types by key, the files that their CSS and templates show, and the problems."""

    types: dict[str, NoteType]
    media: list[MediaFile]
    problems: list[Diagnostic]


def resolve(deck: Deck, library: MediaLibrary) -> Resolved:
    """Finish the deck's note types. Reads the CSS and HTML files that the deck names."""
    problems: list[Diagnostic] = []
    design = _Design(deck, library, problems)
    css = design.css_of_deck()
    types = {t.key: t for t in built_in(deck, css)}
    names = {t.name.casefold() for t in types.values()}
    for own in deck.note_types.values():
        if own.name.casefold() in names:
            message = f"'{own.name}' is the name of a note type that this deck has already"
            problems.append(error(own.at, "reserved-note-type", message, "give yours another name"))
        templates = tuple(design.template(t, own) for t in own.templates)
        finished = replace(own, templates=templates, css=design.css(own.css, own.at) if own.css else css)
        for each in templates:
            problems += _check(each, finished)
        types[own.key] = finished
    return Resolved(types, design.media, problems)


def _check(each: Template, note_type: NoteType) -> list[Diagnostic]:
    assert each.written
    front, back = each.written
    if not front.text or not back.text:
        return []  # its file could not be read, which is reported
    found = [(front, slip) for slip in check(each.front, note_type, is_front=True)]
    found += [(back, slip) for slip in check(each.back, note_type, is_front=False)]
    return [error(written.span(slip.piece), slip.code, slip.message, slip.help) for written, slip in found]


class _Design:
    """Reads what a deck's look is made of: a text stands in the YAML itself or in a file that it names."""

    def __init__(self, deck: Deck, library: MediaLibrary, problems: list[Diagnostic]) -> None:
        self.deck = deck
        self.library = library
        self.media: list[MediaFile] = []
        self.problems = problems

    def css_of_deck(self) -> str:
        """Return the theme's CSS with the deck's own after it."""
        if self.deck.theme not in theme_names():
            known = ", ".join(theme_names())
            self._error(
                self.deck.at["theme"],
                "unknown-theme",
                f"there is no theme '{self.deck.theme}'",
                did_you_mean(self.deck.theme, theme_names())
                or f"known are: {known}; or write your own  css: style.css",
            )
            return ""
        own = self.css(self.deck.css, self.deck.at["css"]) if self.deck.css else ""
        return stylesheet(self.deck.theme) + own

    def css(self, text: str, at: Span) -> str:
        """Return CSS, from its file if the text names one, with its media."""
        written = self._read(text, at) if "{" not in text else Written(Source(at.file, ""), text)
        text, files, slips = self.library.in_design(written.text, self.deck.folder)
        self.media += files
        for slip in slips:
            place = written.span(slip.piece) if written.source.text else at
            severity = Severity.ERROR if slip.is_error else Severity.WARNING
            self.problems.append(Diagnostic(place, slip.code, severity, slip.message, slip.help))
        return text

    def template(self, each: Template, owner: NoteType) -> Template:
        """Return the template with its sides read and their media named."""
        assert each.written
        front, back = (self._side(written, owner) for written in each.written)
        return replace(each, front=front.text, back=back.text, written=(front, back))

    def _side(self, written: Written, owner: NoteType) -> Written:
        if "{{" not in written.text and "\n" not in written.text.strip() and "<" not in written.text:
            written = self._read(written.text, written.span())
        text, files, slips = self.library.in_design(written.text, self.deck.folder)
        self.media += files
        for slip in slips:
            at = written.span(slip.piece) if written.text else owner.at
            self.problems.append(
                Diagnostic(
                    at,
                    slip.code,
                    Severity.ERROR if slip.is_error else Severity.WARNING,
                    slip.message,
                    slip.help,
                )
            )
        return replace(written, text=text)

    def _read(self, name: str, at: Span) -> Written:
        name = name.strip()
        path = find(self.deck.folder, name, [self.deck.folder])
        nothing = Written(Source(at.file, ""), "")
        if isinstance(path, FileSlip):
            self._error(at, f"file-{path.code}", path.message, path.help)
            return nothing
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            self._error(at, "not-utf8", f"'{name}' is not UTF-8 text", "save the file as UTF-8")
            return nothing
        return Written(Source(str(path), text), text)

    def _error(self, at: Span, code: str, message: str, help: str) -> None:  # noqa: A002
        self.problems.append(error(at, code, message, help))
