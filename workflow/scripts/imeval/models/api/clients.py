"""The clients of OpenAI's library.

One is plain, and one is asynchronous.
"""

import logging
from typing import Any
from urllib.parse import urlsplit

import openai

from imeval.models.api import endpoint
from imeval.models.api.openai_api import Settings

# One line a request, and in a debugging run whole requests, would drown the job's own lines.
for _library in ("openai", "httpx2", "httpcore2"):
    logging.getLogger(_library).setLevel(logging.WARNING)


def client(settings: Settings) -> openai.OpenAI:
    """Return a client of the API.

    It sends each request once and follows no redirect.

    Raises:
        UserError: the address is not safe, or there is no key.
    """
    return openai.OpenAI(http_client=openai.DefaultHttpxClient(**_transport(settings)), **_options(settings))


def async_client(settings: Settings) -> openai.AsyncOpenAI:
    """Return an asynchronous client.

    It is like that of `client`, but for an event loop.

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
        # `retries` counts the attempts and waits between them; the library must not do so as well.
        "max_retries": 0,
        "timeout": settings.timeout,
    }


def _transport(settings: Settings) -> dict[str, Any]:
    # A redirect could take key and images to an unsafe address. The environment's proxy (`trust_env`) would look for
    # a server of this machine on its own machine.
    local = endpoint.is_loopback(urlsplit(settings.base_url).hostname)
    return {"follow_redirects": False, "trust_env": not local}
