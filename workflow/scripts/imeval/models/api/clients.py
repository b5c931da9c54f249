"""Clients of OpenAI's library, synchronous and asynchronous, with bounded replies."""

import logging
import zlib
from typing import Any
from urllib.parse import urlsplit

import httpx2
import openai

from imeval.models.api import endpoint
from imeval.models.api.openai_api import Settings

MOST_OF_A_BATCH = 1_000
"""Megabytes of the results of a batch: 50,000 answers are far smaller."""

_PACKED = ("gzip", "x-gzip", "deflate")

# A line for each request, and whole requests when debugging, would drown the job's own lines.
for _library in ("openai", "httpx2", "httpcore2"):
    logging.getLogger(_library).setLevel(logging.WARNING)


class TooLarge(httpx2.DecodingError):
    """The error for a reply that is larger than it may be."""


def client(settings: Settings) -> openai.OpenAI:
    """Return a client that sends each request once, without redirects.

    Raises:
        UserError: the address is not safe, or there is no key.
    """
    http = _Client(**_transport(settings))
    http.most_megabytes = MOST_OF_A_BATCH
    return openai.OpenAI(http_client=http, **_options(settings))


def async_client(settings: Settings) -> openai.AsyncOpenAI:
    """Return the client of `client` for an event loop.

    Raises:
        UserError: the address is not safe, or there is no key.
    """
    http = _AsyncClient(**_transport(settings))
    http.most_megabytes = settings.max_response_megabytes
    return openai.AsyncOpenAI(http_client=http, **_options(settings))


class _Client(openai.DefaultHttpxClient):
    most_megabytes: float = 0

    def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        response = super().send(request, **options | {"stream": True})
        reading = _Reading(response, self.most_megabytes)
        try:
            for chunk in response.iter_raw():
                reading.take(chunk)
        finally:
            response.close()
        return reading.whole()


class _AsyncClient(openai.DefaultAsyncHttpxClient):
    most_megabytes: float = 0

    async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        response = await super().send(request, **options | {"stream": True})
        reading = _Reading(response, self.most_megabytes)
        try:
            async for chunk in response.aiter_raw():
                reading.take(chunk)
        finally:
            await response.aclose()
        return reading.whole()


class _Reading:
    """A reply that is being read, up to a number of megabytes."""

    def __init__(self, response: httpx2.Response, most_megabytes: float) -> None:
        self._response = response
        self._most = round(most_megabytes * 1_000_000)
        packed = response.headers.get("content-encoding", "").strip().lower() in _PACKED
        # 32 recognises gzip and zlib by their first bytes.
        self._unpacking = zlib.decompressobj(32 + zlib.MAX_WBITS) if packed else None
        self._read = bytearray()

    def take(self, chunk: bytes) -> None:
        """Unpack and keep the next bytes.

        Raises:
            TooLarge: the reply has more than it may.
            httpx2.DecodingError: it cannot be unpacked.
        """
        if self._unpacking:
            try:
                # A thousand zeros are packed as one byte: what may still come bounds what is unpacked.
                chunk = self._unpacking.decompress(chunk, self._most - len(self._read) + 1)
            except zlib.error as error:
                raise httpx2.DecodingError(str(error), request=self._response.request) from error
        self._read += chunk
        if len(self._read) > self._most:
            raise TooLarge(f"a reply of more than {self._most / 1e6:g} MB", request=self._response.request)

    def whole(self) -> httpx2.Response:
        """Return the reply, unpacked."""
        # As bytes: a server may send a header that is not ASCII.
        gone = {b"content-encoding", b"content-length", b"transfer-encoding"}
        headers = [(name, value) for name, value in self._response.headers.raw if name.lower() not in gone]
        return httpx2.Response(
            self._response.status_code,
            headers=headers,
            content=bytes(self._read),
            request=self._response.request,
            extensions=self._response.extensions,
        )


def _options(settings: Settings) -> dict[str, Any]:
    endpoint.require_safe(settings)
    return {
        "base_url": settings.base_url,
        # The library insists on a key even where the server needs none.
        "api_key": endpoint.api_key(settings) or "none",
        # `retries` counts the attempts and waits between them, so the library must not.
        "max_retries": 0,
        "timeout": settings.timeout,
    }


def _transport(settings: Settings) -> dict[str, Any]:
    # A redirect could send key and images to an unsafe address. A proxy from the environment (`trust_env`) cannot reach
    # a server on this machine.
    local = endpoint.is_loopback(urlsplit(settings.base_url).hostname)
    return {"follow_redirects": False, "trust_env": not local, "headers": {"Accept-Encoding": "gzip, deflate"}}
