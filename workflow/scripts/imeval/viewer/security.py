"""What the page refuses, and its headers.

It listens on this machine alone. A page of another site can still make a browser on this machine ask for it, under a
name of its own (DNS rebinding) or from within its own pages; both are refused here.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

_READING = frozenset({"GET", "HEAD"})

# No inline script or style, nothing from elsewhere, no frame around it: an answer or a file name can run nothing.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""The headers of every response."""


class OnlyThisMachine:
    """Refuses foreign hosts and origins, and adds `HEADERS`.

    A request that changes something needs the header Origin with the page's own address: browsers send it with every
    POST. A page of another site may link here, but neither show a picture of this one nor read it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it with the status 403."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        refusal = _refusal(scope) if scope["type"] == "http" else "only HTTP is served"
        app = PlainTextResponse(f"imeval: refused: {refusal}\n", status_code=403) if refusal else self._app
        await app(scope, receive, send_with_headers)


def _refusal(scope: Scope) -> str | None:
    """Return why a request is refused, if so."""
    headers = Headers(scope=scope)
    if len(headers.getlist("host")) != 1 or not _is_loopback(f"//{headers['host']}"):
        return "this page answers to the names 127.0.0.1 and localhost alone"
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != headers["host"]:
        return "the request comes from another site"
    if scope["method"] not in _READING and origin is None:
        return "a request that changes something comes from this page alone"
    # A link that a person follows is a navigation; anything else from another site is one of its pages at work.
    site, mode = headers.get("sec-fetch-site", "none"), headers.get("sec-fetch-mode", "navigate")
    if site not in ("same-origin", "none") and mode != "navigate":
        return "the request comes from another site"
    return None


def _is_loopback(address: str) -> bool:
    try:
        return urlsplit(address).hostname in _LOOPBACK
    except ValueError:
        return False
