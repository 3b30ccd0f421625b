"""A deck as pages that open from disk and stand on any web server: a folder, or one file with everything in it."""

from __future__ import annotations

import base64
import hashlib
import shutil
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from deckgen.preview.assets import asset, joined_script
from deckgen.preview.kinds import MEDIA_TYPES
from deckgen.preview.policy import policy
from deckgen.preview.scriptdata import script_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

MARK = '<meta name="generator" content="deckgen">'
"""What tells a page of ours from somebody's own."""

_TITLE = "<title>deckgen</title>"
_STYLE = '<link rel="stylesheet" href="static/app.css">\n'
_SCRIPT = '<script type="module" src="static/app.js"></script>\n'


class PageData(NamedTuple):
    """What the pages show: a title, the index (`contents`) and chunks of cards as plain values, media by name."""

    title: str
    contents: dict[str, object]
    chunks: Iterable[object]
    media: Mapping[str, Path]


def write_site(data: PageData, folder: Path) -> None:
    """Write `index.html`, `data/` and `media/` into a folder. Raises OSError."""
    for name in ("data", "media"):
        (folder / name).mkdir(parents=True)
    for number, chunk in enumerate(data.chunks):
        script = f"deckgenCards[{number}]({script_json(chunk)})\n"
        (folder / "data" / f"cards-{number}.js").write_text(script, encoding="utf-8")
    for name, path in data.media.items():
        shutil.copyfile(path, folder / "media" / name)
    page = _page(data.title, [_block("index", data.contents)], "'self' ")
    (folder / "index.html").write_text(page, encoding="utf-8")


def write_single(data: PageData, file: Path) -> None:
    """Write one file that needs no other. Raises OSError."""
    blocks = [_block("index", data.contents), _block("media", {n: _data_url(path) for n, path in data.media.items()})]
    blocks += [_block(f"cards-{number}", chunk) for number, chunk in enumerate(data.chunks)]
    file.write_text(_page(data.title, blocks, ""), encoding="utf-8")


def _page(title: str, blocks: list[str], scripts: str) -> str:
    """Return the page with its script in it; `scripts` says where others may come from."""
    script = joined_script()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    allowed = policy(f"{scripts}'sha256-{digest}'", "'none'")
    head = f'{MARK}\n<meta http-equiv="Content-Security-Policy" content="{allowed}">\n<title>{escape(title)}</title>'
    body = "\n".join([*blocks, f'<script type="module">{script}</script>', "</body>"])
    page = asset("index.html").replace('<html lang="en">', '<html lang="en" class="static">')
    for old, new in (
        (_STYLE, f"<style>\n{asset('app.css')}</style>\n"),
        (_SCRIPT, ""),
        ("</body>", body),
        (_TITLE, head),
    ):
        page = page.replace(old, new, 1)
    return page


def _block(name: str, value: object) -> str:
    return f'<script type="application/json" id="deck-{name}">{script_json(value)}</script>'


def _data_url(path: Path) -> str:
    kind = MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream")
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"
