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


class MediaLibrary:
    """The media of one deck. Rewrites references in HTML and CSS; `used` holds the files by their new names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._found: dict[tuple[str, Path, bool], MediaFile | MediaSlip] = {}
        self.used: dict[str, MediaFile] = {}

    def in_field(self, html: str, beside: Path) -> tuple[str, list[MediaSlip]]:
        """Rewrite the references of a field. `beside` is the folder of the file that the field stands in."""
        slips: list[MediaSlip] = []

        def name(written: str) -> str:
            return self._name(written, beside, slips, hidden=False)

        def tag(found: re.Match[str]) -> str:
            if found[1].lower() == "img":
                source = _SRC.search(found[0])
                ending = os.path.splitext(_plain(source[2]))[1].lower() if source else ""
                if source and ending in _SOUND_ENDINGS and not _ADDRESS.match(_plain(source[2])):
                    return f"[sound:{name(_plain(source[2]))}]"
            return _SRC.sub(lambda s: f'{s[1]}="{escape(name(_plain(s[2])))}"', found[0])

        html = _SOUND.sub(lambda s: f"[sound:{name(unescape(s[1]))}]", html)
        return _TAG.sub(tag, html), slips

    def in_design(self, text: str, beside: Path) -> tuple[str, list[MediaSlip]]:
        """Rewrite the references of CSS or of a template; Anki takes such files only if their names begin with `_`."""
        slips: list[MediaSlip] = []

        def name(written: str) -> str:
            return written if "{{" in written else self._name(written, beside, slips, hidden=True)

        def url(found: re.Match[str]) -> str:
            written = found[1] or found[2]
            return found[0].replace(written, '"' + name(_plain(written)) + '"')

        text = _CSS_URL.sub(url, text)
        return _TAG.sub(lambda t: _SRC.sub(lambda s: f'{s[1]}="{escape(name(_plain(s[2])))}"', t[0]), text), slips

    def image(self, written: str, beside: Path) -> tuple[str, list[MediaSlip]]:
        """Return the name of a file that a key of its own gives."""
        slips: list[MediaSlip] = []
        return self._name(written, beside, slips, hidden=False), slips

    def _name(self, written: str, beside: Path, slips: list[MediaSlip], *, hidden: bool) -> str:
        if _ADDRESS.match(written):
            if not written.startswith(("data:", "#")):
                slips.append(
                    MediaSlip(
                        written,
                        "remote-media",
                        f"'{written}' is not in the deck; without a network the card lacks it",
                        "save the file beside the cards and name that",
                        is_error=False,
                    )
                )
            return written
        key = (written, beside, hidden)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._find(written, beside, hidden=hidden)
        if isinstance(found, MediaSlip):
            slips.append(found)
            return written
        self.used[found.name] = found
        return found.name

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
