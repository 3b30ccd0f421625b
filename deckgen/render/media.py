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

_SOUND = re.compile(r"\[sound:([^\[\]\n]+)\]")
_ATTRIBUTE = re.compile(r"""([^\s"'=<>`/]+)(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'=<>`]+)""")
_TAG = re.compile(r"""<([A-Za-z][A-Za-z0-9]*)\b(?:[^<>"']|"[^"]*"|'[^']*')*>""")
_TAKEN = {("img", "src"), ("audio", "src"), ("video", "src"), ("source", "src"), ("object", "data")}
"""Where Anki looks for files in a field (rslib, text.rs)."""

_NOT_TAKEN = {"srcset", "poster", "src", "data", "href"}
_SHOWN_BY_HREF = {"a", "link", "image", "use"}
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
        html = _SOUND.sub(lambda s: f"[sound:{namer.name(unescape(s[1]))}]", html)
        return Rewritten(_TAG.sub(namer.tag, html), namer.files, namer.slips)

    def in_design(self, text: str, beside: Path) -> Rewritten:
        """Rewrite the references of CSS or of a template; Anki takes such files only if their names begin with `_`."""
        namer = _Namer(self, beside, hidden=True)
        text = _CSS_URL.sub(namer.css, text)
        text = _SOUND.sub(lambda s: f"[sound:{namer.name(unescape(s[1]))}]", text)
        text = _TAG.sub(namer.tag, text)
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

    def tag(self, found: re.Match[str]) -> str:
        """Rewrite a tag; a picture that is a sound becomes Anki's notation for one."""
        element = found[1].lower()
        attributes = {name.lower(): _plain(value) for name, _, value in _ATTRIBUTE.findall(found[0])}
        source = attributes.get("src", "")
        is_sound = os.path.splitext(source)[1].lower() in _SOUND_ENDINGS
        if element == "img" and is_sound and not _ADDRESS.match(source):
            return f"[sound:{self.name(source)}]"
        if any(name.endswith(("-src", "-data")) for name in attributes):
            message = f"Anki takes the first attribute of <{element}> that ends in 'src' for the file's name"
            self.slips.append(
                MediaSlip(found[0], "media-unseen", message, "delete the data-… attribute", is_error=False)
            )
        return _ATTRIBUTE.sub(lambda attribute: self._attribute(element, attribute), found[0])

    def _attribute(self, element: str, found: re.Match[str]) -> str:
        name, value = found[1].lower(), _plain(found[3])
        is_of_design = self._hidden and (name in ("src", "data", "poster") or (element, name) == ("link", "href"))
        if (element, name) in _TAKEN or is_of_design:
            return f'{found[1]}{found[2]}"{escape(self.name(value))}"'
        if self._hidden:
            return found[0]
        is_shown = name in _NOT_TAKEN and (name != "href" or element in _SHOWN_BY_HREF)
        shown = value if is_shown else (_CSS_URL.search(value) or [""])[0] if name == "style" else ""
        if shown and not _ADDRESS.match(shown.removeprefix("url(").strip("\"'")):
            message = f"Anki does not see that {name} of <{element}> names a file, and leaves the file out"
            self.slips.append(
                MediaSlip(found[3].strip("\"'"), "media-unseen", message, "name it as  <img src=…>", is_error=False)
            )
        return found[0]

    def css(self, found: re.Match[str]) -> str:
        """Rewrite a url(…) or @import of CSS, in the quotes it has."""
        group = 1 if found[1] else 2
        start, end = found.start(group) - found.start(), found.end(group) - found.start()
        quote = found[group][0] if found[group][0] in "\"'" else ""
        return f"{found[0][:start]}{quote}{self.name(_plain(found[group]))}{quote}{found[0][end:]}"

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
            if found not in self.slips:
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


def _unquoted(value: str) -> str:
    return value[1:-1] if value[:1] in ("'", '"') else value


def _plain(value: str) -> str:
    """Return an attribute's or url()'s value without its quotes and entities."""
    return unescape(_unquoted(value)).strip()
