"""Files that cards show or play: found in the deck's folder, given names that Anki handles.

Anki keeps all media in one flat folder and never replaces a file by another of the same name for notes that did not
change; so each name here carries a hash of the contents, and a changed picture is a new file (and a changed note).
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from dataclasses import dataclass
from html import escape, unescape
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from deckgen.files import FileSlip, find

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 100 * 1024 * 1024
"""Anki leaves out larger files when it imports."""

_MAX_STEM_BYTES = 80  # Anki cuts names at 120 bytes
_UNSAFE = re.compile(r"[^\w.-]+")
_SOUND_ENDINGS = frozenset(
    """.3gp .aac .avi .flac .flv .m4a .m4v .mkv .mov .mp2 .mp3 .mp4 .mpeg .mpg .oga .ogg .ogv .ogx .opus .spx .swf .wav
    .webm .wma .wmv""".split()
)

_SOUND = re.compile(r"\[sound:([^\]\n]+)\]")
_TAG = re.compile(r"<(img|audio|video|source|object|embed)\b[^>]*>", re.IGNORECASE)
_SRC = re.compile(r"""\b(src|data|poster)\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)""", re.IGNORECASE)
_CSS_URL = re.compile(r"""url\(\s*("[^"]*"|'[^']*'|[^\s"')]+)\s*\)|@import\s+("[^"]*"|'[^']*')""")
_ADDRESS = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:|//|#)")


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A file that goes into the package: its name there, where it lies, and the SHA-256 of its bytes."""

    name: str
    path: Path
    digest: str


class MediaSlip(NamedTuple):
    """Something wrong with a reference: the name as written, and what to say about it."""

    piece: str
    code: str
    message: str
    help: str
    is_error: bool = True


class Rewritten(NamedTuple):
    """A text with the files' new names in it, those files, and what is wrong."""

    text: str
    files: list[MediaFile]
    slips: list[MediaSlip]


class MediaLibrary:
    """The media of one deck: finds files and gives them names, each once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._found: dict[tuple[str, Path, bool], MediaFile | MediaSlip] = {}

    def in_field(self, html: str, beside: Path) -> Rewritten:
        """Rewrite the references of a field. `beside` is the folder of the file that the field stands in."""
        namer = _Namer(self, beside, hidden=False)

        def tag(found: re.Match[str]) -> str:
            if found[1].lower() == "img":
                source = _SRC.search(found[0])
                ending = os.path.splitext(_plain(source[2]))[1].lower() if source else ""
                if source and ending in _SOUND_ENDINGS and not _ADDRESS.match(_plain(source[2])):
                    return f"[sound:{namer.name(_plain(source[2]))}]"
            return _SRC.sub(namer.attribute, found[0])

        html = _SOUND.sub(lambda s: f"[sound:{namer.name(unescape(s[1]))}]", html)
        return Rewritten(_TAG.sub(tag, html), namer.files, namer.slips)

    def in_design(self, text: str, beside: Path) -> Rewritten:
        """Rewrite the references of CSS or of a template; Anki takes such files only if their names begin with `_`."""
        namer = _Namer(self, beside, hidden=True)

        def url(found: re.Match[str]) -> str:
            written = found[1] or found[2]
            return found[0].replace(written, f'"{namer.name(_plain(written))}"')

        text = _CSS_URL.sub(url, text)
        text = _TAG.sub(lambda tag: _SRC.sub(namer.attribute, tag[0]), text)
        return Rewritten(text, namer.files, namer.slips)

    def image(self, written: str, beside: Path) -> Rewritten:
        """Find a file that a key of its own names; the text is its new name."""
        namer = _Namer(self, beside, hidden=False)
        return Rewritten(namer.name(written), namer.files, namer.slips)

    def find(self, written: str, beside: Path, *, hidden: bool) -> MediaFile | MediaSlip:
        """Return the file that a deck calls `written`; `hidden` files get names that begin with `_`."""
        key = (written, beside, hidden)
        if key not in self._found:
            self._found[key] = self._find(written, beside, hidden=hidden)
        return self._found[key]

    def _find(self, written: str, beside: Path, *, hidden: bool) -> MediaFile | MediaSlip:
        places = [beside, self._folder, self._folder / "media"]
        path = find(self._folder, written, places)
        if isinstance(path, FileSlip) and path.code == "missing" and "%" in written:
            path = find(self._folder, unquote(written), places)  # Markdown escapes what addresses may not hold
        if isinstance(path, FileSlip):
            return MediaSlip(unquote(written), f"media-{path.code}", path.message, path.help)
        if path.stat().st_size > MAX_BYTES:
            return MediaSlip(
                written,
                "media-too-big",
                f"'{written}' is larger than 100 MiB, which Anki does not take",
                "make it smaller",
            )
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return MediaFile(_safe_name(path.name, digest, hidden=hidden), path, digest)


class _Namer:
    """Gives the files of one text their names, and keeps what it met."""

    def __init__(self, library: MediaLibrary, beside: Path, *, hidden: bool) -> None:
        self._library = library
        self._beside = beside
        self._hidden = hidden
        self.files: list[MediaFile] = []
        self.slips: list[MediaSlip] = []

    def attribute(self, found: re.Match[str]) -> str:
        return f'{found[1]}="{escape(self.name(_plain(found[2])))}"'

    def name(self, written: str) -> str:
        if (self._hidden and "{{" in written) or written.startswith(("data:", "#")):
            return written
        if _ADDRESS.match(written):
            message = f"'{written}' is not in the deck; without a network the card lacks it"
            self.slips.append(
                MediaSlip(written, "remote-media", message, "save the file beside the cards", is_error=False)
            )
            return written
        found = self._library.find(written, self._beside, hidden=self._hidden)
        if isinstance(found, MediaSlip):
            self.slips.append(found)
            return written
        self.files.append(found)
        return found.name


def _safe_name(name: str, digest: str, *, hidden: bool) -> str:
    """Return `stem-hash.ending` with only what Anki and all file systems take; `_` in front if `hidden`."""
    stem, ending = os.path.splitext(unicodedata.normalize("NFC", name))
    stem = _UNSAFE.sub("-", stem).strip("-._") or "media"
    while len(stem.encode()) > _MAX_STEM_BYTES:
        stem = stem[:-1]
    return f"{'_' if hidden else ''}{stem}-{digest[:12]}{_UNSAFE.sub('', ending).lower()}"


def _plain(quoted: str) -> str:
    """Return an attribute's or url()'s value without its quotes and entities."""
    if quoted[:1] in ("'", '"'):
        quoted = quoted[1:-1]
    return unescape(quoted).strip()
