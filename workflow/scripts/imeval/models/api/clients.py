"""Clients of OpenAI's library, synchronous and asynchronous."""

import logging
from typing import Any
from urllib.parse import urlsplit

import openai

from imeval.models.api import endpoint
from imeval.models.api.openai_api import Settings

# A line for each request, and whole requests when debugging, would drown the job's own lines.
for _library in ("openai", "httpx2", "httpcore2"):
    logging.getLogger(_library).setLevel(logging.WARNING)


def client(settings: Settings) -> openai.OpenAI:
    """Return a client that sends each request once, without redirects.

    Raises:
        UserError: the address is not safe, or there is no key.
    """
    return openai.OpenAI(http_client=openai.DefaultHttpxClient(**_transport(settings)), **_options(settings))


def async_client(settings: Settings) -> openai.AsyncOpenAI:
    """Return the client of `client` for an event loop.

    Raises:
        UserError: the address is not safe, or there is no key.
    """
    return openai.AsyncOpenAI(http_client=openai.DefaultAsyncHttpxClient(**_transport(settings)), **_options(settings))


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
    return {"follow_redirects": False, "trust_env": not local}
