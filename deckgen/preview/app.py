"""What the preview answers: the page, the deck's index, its cards, its media, searches, and word of changes."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from deckgen.preview.assets import STATIC
from deckgen.preview.kinds import MEDIA_TYPES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from starlette.requests import Request

_KINDS = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_HEARTBEAT = 15  # seconds; a connection that is gone is noticed by writing to it


class Exhibit(Protocol):
    """What is shown: all of it plain values."""

    @property
    def media(self) -> Mapping[str, Path]:
        """Return the files that the cards show, by their names there."""

    def index(self) -> bytes:
        """Return the index as JSON."""

    def cards(self, chunk: int) -> bytes:
        """Return the cards of a chunk as JSON."""

    def search(self, query: str) -> dict[str, object]:
        """Return `{"notes": […]}`, or `{"error": …, "help": …}` for a query that cannot be understood."""


@dataclass(slots=True)
class Current:
    """The exhibit of now. Who waits for the next one is woken by `change`, or by the end."""

    exhibit: Exhibit
    version: int = 1
    is_over: bool = False
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def change(self, exhibit: Exhibit) -> None:
        """Show something else from now on."""
        self.exhibit, self.version = exhibit, self.version + 1
        self._wake()

    def end(self) -> None:
        """Tell those who wait that nothing will come any more."""
        self.is_over = True
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def later_than(self, version: int) -> int:
        """Wait for a version after this one; return it, or the same if nothing changed for a while."""
        if self.version <= version and not self.is_over:
            try:
                await asyncio.wait_for(self._changed.wait(), _HEARTBEAT)
            except TimeoutError:
                return version
        return self.version


def application(current: Current, token: str) -> Starlette:
    """Return the application; all its addresses begin with the token."""

    async def page(_: Request) -> Response:
        return _file(STATIC / "index.html", "text/html")

    async def static(request: Request) -> Response:
        name = request.path_params["name"]
        kind = _KINDS.get(os.path.splitext(name)[1])
        is_ours = name in await run_in_threadpool(os.listdir, STATIC)  # a name, never a path
        return _file(STATIC / name, kind) if is_ours and kind else _nothing()

    async def index(_: Request) -> Response:
        version, body = current.version, await run_in_threadpool(current.exhibit.index)
        return Response(body, media_type="application/json", headers={"x-deckgen-version": str(version)})

    async def cards(request: Request) -> Response:
        body = await run_in_threadpool(current.exhibit.cards, request.path_params["chunk"])
        return Response(body, media_type="application/json", headers={"x-deckgen-version": str(current.version)})

    async def search(request: Request) -> Response:
        query = request.query_params.get("q", "")[:2_000]
        return JSONResponse(await run_in_threadpool(current.exhibit.search, query))

    async def media(request: Request) -> Response:
        path = current.exhibit.media.get(request.path_params["name"])
        if path is None or not path.is_file():
            return _nothing()
        kind = MEDIA_TYPES.get(path.suffix.lower())
        # A picture that is opened by itself (SVG can hold scripts) is a page without rights, and asks for nothing.
        headers = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}
        if kind is None:
            headers["content-disposition"] = "attachment"
        return FileResponse(path, media_type=kind or "application/octet-stream", headers=headers)

    async def events(_: Request) -> Response:
        return StreamingResponse(_news(current), media_type="text/event-stream")

    routes = [
        Route("/", page),
        Route("/static/{name}", static),
        Route("/index.json", index),
        Route("/cards/{chunk:int}", cards),
        Route("/search", search),
        Route("/media/{name}", media),
        Route("/events", events),
    ]
    return Starlette(routes=[Route(f"/{token}{route.path}", route.endpoint) for route in routes])


async def _news(current: Current) -> AsyncIterator[str]:
    version = current.version
    yield f"retry: 500\ndata: {version}\n\n"
    while not current.is_over:
        later = await current.later_than(version)
        yield f"data: {later}\n\n" if later > version else ": still here\n\n"
        version = later


def _file(path: Path, kind: str) -> Response:
    return FileResponse(path, media_type=kind)


def _nothing() -> Response:
    return Response(status_code=404)
