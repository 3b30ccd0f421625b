"""The preview as a process: one socket, one secret, one watcher, until it is stopped."""

from __future__ import annotations

import asyncio
import secrets
import socket
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from watchfiles import DefaultFilter, awatch

from deckgen.preview.app import Current, application
from deckgen.preview.guard import Guard

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from deckgen.preview.app import Exhibit
    from deckgen.preview.place import Place

_DEBOUNCE = 30  # milliseconds to wait for more changes; an editor that saves writes several


@dataclass(frozen=True, slots=True)
class Watched:
    """What to watch, and how to look again: `again` gets the files (absolute) that changed."""

    folder: Path
    is_deep: bool
    again: Callable[[set[Path]], Exhibit]


def serve(first: Exhibit, watched: Watched, place: Place, ready: Callable[[str], None]) -> None:
    """Serve until interrupted; `ready` is told the address once it answers. Raises OSError."""
    listening = _listen(place)
    host = f"{place.name}:{listening.getsockname()[1]}"
    token = secrets.token_urlsafe(18)
    current = Current(first)

    app = Guard(application(current, token), host, token)
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        ws="none",
        timeout_graceful_shutdown=1,
    )
    server = _Server(config, current)
    with suppress(KeyboardInterrupt), listening:
        asyncio.run(_run(server, listening, current, watched, lambda: ready(f"http://{host}/{token}/")))


class _Server(uvicorn.Server):
    """A server that lets go of those who wait for changes when it stops, or it would wait for them."""

    def __init__(self, config: uvicorn.Config, current: Current) -> None:
        super().__init__(config)
        self._current = current

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._current.end()
        await super().shutdown(sockets)


def _listen(place: Place) -> socket.socket:
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((place.host, place.port))
        listening.listen(64)
    except OSError:
        listening.close()
        raise
    return listening


async def _run(
    server: uvicorn.Server,
    listening: socket.socket,
    current: Current,
    watched: Watched,
    ready: Callable[[], None],
) -> None:
    async with _watching(current, watched, server):
        ready()  # the socket listens already: who asks now waits a moment
        await server.serve(sockets=[listening])


@asynccontextmanager
async def _watching(current: Current, watched: Watched, server: uvicorn.Server) -> AsyncIterator[None]:
    """Watch as long as the block runs; should watching fail, the server stops and the failure is raised."""
    task = asyncio.create_task(_watch(current, watched))
    task.add_done_callback(lambda _: setattr(server, "should_exit", True))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _watch(current: Current, watched: Watched) -> None:
    folder = watched.folder.absolute()
    changes = awatch(
        folder,
        watch_filter=DefaultFilter(),
        debounce=_DEBOUNCE,
        step=10,
        recursive=watched.is_deep,
        rust_timeout=1000,
        ignore_permission_denied=True,
    )
    async for found in changes:
        changed = {Path(path) for _, path in found}
        exhibit = await asyncio.to_thread(watched.again, changed)
        current.change(exhibit)
