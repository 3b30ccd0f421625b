"""Who may ask the preview what: the browser that was given its address, and nobody else.

Any page on the net can make a browser send requests to this machine, and a name on the net can be made to point here
(DNS rebinding). So the Host must be exactly ours, an Origin too where there is one, the path must begin with a secret,
and nothing but GET is answered. Who knows less learns nothing: every refusal looks the same.
"""

from __future__ import annotations

from secrets import compare_digest
from typing import TYPE_CHECKING

from deckgen.preview.policy import policy

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_OWN = (b"same-origin", b"none")
"""What a browser says of requests that come from the page itself, or from the address bar (Sec-Fetch-Site)."""

_HEADERS = [
    (b"content-security-policy", policy("'self'", "'self'").encode() + b"; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
]


class Guard:
    """Wraps an application; lets through what comes from its own page and names `token`, and adds the headers."""

    def __init__(self, app: ASGIApp, host: str, token: str) -> None:
        self._app = app
        self._host = host.encode()
        self._origin = b"http://" + self._host
        self._path = f"/{token}/".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
        elif not self._is_welcome(scope):
            await send({"type": "http.response.start", "status": 403, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})
        else:
            await self._app(scope, receive, _with_headers(send))

    def _is_welcome(self, scope: Scope) -> bool:
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        given = {name: [value for other, value in headers if other == name] for name, _ in headers}
        path = scope.get("raw_path") or b""
        return (
            scope["method"] == "GET"
            and given.get(b"host") == [self._host]
            and given.get(b"origin", [self._origin]) == [self._origin]
            and all(site in _OWN for site in given.get(b"sec-fetch-site", []))
            and compare_digest(path[: len(self._path)], self._path)
        )


def _with_headers(send: Send) -> Send:
    async def sending(message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            own = message.get("headers")
            assert isinstance(own, list)
            named = {name.lower() for name, _ in own}
            message = {**message, "headers": [*own, *(h for h in _HEADERS if h[0] not in named)]}
        await send(message)

    return sending  # type: ignore[return-value]
