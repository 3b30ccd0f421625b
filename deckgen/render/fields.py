"""A note to its fields' HTML, in the order of its note type: the conductor of this package."""

from __future__ import annotations

import unicodedata
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from deckgen import cloze
from deckgen.diagnostics import Diagnostic, Severity, error, has_errors, warning
from deckgen.model import IMAGE_OCCLUSION, Kind, Markup
from deckgen.render.citation import citation_html, plain_html
from deckgen.render.markdown import to_html
from deckgen.render.occlusion import labels, occlusion_field
from deckgen.template.cards import CardMaker, cloze_fields, is_empty
from deckgen.yamlsource import FORBIDDEN

if TYPE_CHECKING:
    from pathlib import Path

    from deckgen.model import Citation, Note, NoteType, Topic
    from deckgen.render.media import MediaFile, MediaLibrary, MediaSlip
    from deckgen.yamlsource import Node, Source


class Rendered(NamedTuple):
    """What became of a note: its fields' HTML, the ordinals of its cards, the media it names, and the problems."""

    fields: list[str]
    cards: tuple[int, ...]
    media: list[MediaFile]
    problems: list[Diagnostic]


class Renderer:
    """Renders the notes of one note type."""

    def __init__(self, note_type: NoteType, media: MediaLibrary) -> None:
        self._names = note_type.field_names()
        self._maker = CardMaker(note_type)
        self._media = media
        self._cloze_fields = cloze_fields(note_type) if note_type.kind is Kind.CLOZE else set()
        self._last: tuple[Topic | None, Citation | None] = (None, None)
        self._automatic: dict[str, str] = {}

    def note(self, note: Note, source: Source, beside: Path) -> Rendered:
        """Render a note.

        `source` is the file the note stands in, `beside` that file's folder, where its media are looked for first.
        """
        media: list[MediaFile] = []
        problems: list[Diagnostic] = []
        shown = {}
        for name, text in note.fields.items():
            html = to_html(text) if note.markup is Markup.MARKDOWN else text
            if "[sound:" in html or ("=" in html and "<" in html):
                html, files, slips = self._media.in_field(html, beside)
                media += files
                problems += [_media_problem(slip, note.written.get(name) or note.at, source) for slip in slips]
            if "&#" in text and FORBIDDEN.search(html):  # an entity has become what no file may hold
                at = source.span_in(note.written[name], "&#")
                help_ = "delete it, or write what it stands for in words"
                problems.append(
                    error(at, "control-character", "this entity is a character that Anki does not take", help_)
                )
            shown[name] = html
        if note.type == IMAGE_OCCLUSION:
            picture = self._media.image(note.fields["Image"], beside)
            media += picture.files
            problems += [_media_problem(slip, note.written["Image"], source) for slip in picture.slips]
            shown |= _occlusion_fields(note, picture.text)
        automatic = self._topic_and_source(note)
        fields = [shown[name] if name in shown else automatic.get(name, "") for name in self._names]
        joined = "".join(fields)
        if not joined.isascii() and not unicodedata.is_normalized("NFC", joined):
            fields = [unicodedata.normalize("NFC", text) for text in fields]  # as Anki does when it imports
        cards = self._maker.cards(fields)
        if "{{c" in joined and self._cloze_fields:
            self._check_clozes(note, fields, source, problems)
        elif "{{c" in joined:
            self._check_stray_clozes(note, source, problems)
        if not cards and not has_errors(problems):
            problems.append(self._no_card(note, fields, source))
        return Rendered(fields, cards, media, problems)

    def _topic_and_source(self, note: Note) -> dict[str, str]:
        """Return the fields that no author writes. They are the same for most neighbours, so the last ones are kept."""
        topic, citation = self._last
        if note.topic is not topic or note.citation is not citation:
            self._last = (note.topic, note.citation)
            self._automatic = {"Topic": plain_html(note.topic.title), "Source": citation_html(note.citation)}
        return self._automatic

    def _check_clozes(self, note: Note, fields: list[str], source: Source, problems: list[Diagnostic]) -> None:
        shown: set[int] = set()
        elsewhere: dict[int, str] = {}
        for name, html in zip(self._names, fields, strict=True):
            if "{{c" not in html:
                continue
            node = note.written.get(name) or note.at
            assert node is not None
            if name in self._cloze_fields and (unclosed := cloze.first_unclosed(html)):
                span = source.span_in(node, *unclosed)
                problems.append(
                    error(
                        span,
                        "cloze-not-closed",
                        f"the cloze {unclosed[0]} is never closed",
                        "add  }}  after it; inside math, count the braces",
                    )
                )
            found = cloze.cards([html])
            shown |= found if name in self._cloze_fields else set()
            elsewhere |= {} if name in self._cloze_fields else dict.fromkeys(found, name)
            problems += _number_problems(html, node, source)
        for number in sorted(elsewhere.keys() - shown):
            node = note.written.get(elsewhere[number]) or note.at
            assert node is not None
            problems.append(
                error(
                    source.span_in(node, f"{{{{c{number}"),
                    "stray-cloze",
                    f"cloze {number} stands only in '{elsewhere[number]}', so its card would be blank",
                    f"move it to '{min(self._cloze_fields)}', or take the braces away",
                )
            )

    def _check_stray_clozes(self, note: Note, source: Source, problems: list[Diagnostic]) -> None:
        for node in note.written.values():
            if cloze.cards([node.text]):
                span = source.span_in(node, "{{c")
                problems.append(
                    warning(
                        span,
                        "stray-cloze",
                        "a cloze works only in a cloze card; here Anki shows its braces",
                        "write it as  cloze: …",
                    )
                )

    def _no_card(self, note: Note, fields: list[str], source: Source) -> Diagnostic:
        assert note.at is not None
        if self._cloze_fields:
            name = next((n for n in self._names if n in self._cloze_fields), "")
            node = note.written.get(name) or note.at
            return error(
                source.span(node),
                "no-card",
                "this cloze card hides nothing, so Anki would never show it",
                "put what is to be recalled into  {{c1::…}}",
            )
        empty = [n for n, text in zip(self._names, fields, strict=True) if is_empty(text) and n in note.written]
        node = note.written[empty[0]] if empty else note.at
        which = f": '{empty[0]}' shows nothing" if empty else ""
        return error(
            source.span(node),
            "no-card",
            f"no template makes a card of this note{which}",
            "fill the fields that its fronts show",
        )


def _occlusion_fields(note: Note, image: str) -> dict[str, str]:
    """Write the fields of an image occlusion that are not texts."""
    alt = f' alt="{escape(note.alt)}"' if note.alt else ""
    comments = [text for text in (note.fields.get("Comments", ""), labels(note.masks)) if text]
    return {
        "Image": f'<img src="{escape(image)}"{alt}>',
        "Occlusion": occlusion_field(note.masks, hide_all=note.hide_all),
        "Comments": plain_html("; ".join(comments)),
    }


def _number_problems(html: str, node: Node, source: Source) -> list[Diagnostic]:
    wrong = [found for found in cloze.OPENING.finditer(html) if not _numbers_fit(found[1])]
    return [
        error(
            source.span_in(node, found[0]),
            "cloze-number",
            f"'{found[0]}' has no number from 1 to {cloze.MAX_NUMBER}",
            "number clozes from 1: {{c1::…}}",
        )
        for found in wrong
    ]


def _numbers_fit(digits: str) -> bool:
    found = cloze.numbers(digits)
    return len(found) == len(digits.split(",")) and all(1 <= number <= cloze.MAX_NUMBER for number in found)


def _media_problem(slip: MediaSlip, node: Node | None, source: Source) -> Diagnostic:
    assert node is not None
    severity = Severity.ERROR if slip.is_error else Severity.WARNING
    return Diagnostic(source.span_in(node, slip.piece), slip.code, severity, slip.message, slip.help)
