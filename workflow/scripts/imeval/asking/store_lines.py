"""The lines of the store, and the responses in them."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields, replace

from imeval.asking.contract import STATUSES
from imeval.asking.exchange import Response
from imeval.base.sealed import DAMAGE, unsealed

FINAL = tuple(status for status in STATUSES if status != "error")
"""Results of the model, never asked for again; after an error nothing came from the model."""

_FIELDS = frozenset(field.name for field in fields(Response))
_WHOLE = re.compile(rb'{"request_key": .*?, "crc32": "[0-9a-f]{8}"}')
_REQUEST = re.compile(rb'"request_key": "([0-9a-f]{64})"')


def responses_of(line: bytes) -> list[Response]:
    """Return the whole responses in a line, none if all is damaged.

    Where a line break is damaged, two responses stand in one line.
    """
    try:
        return [parsed(line)]
    except DAMAGE:
        return [response for _, _, response in undamaged(line)]


def parsed(line: bytes) -> Response:
    """Return the response of a line.

    Raises:
        ValueError, TypeError, RecursionError: the line is damaged.
    """
    return without_reasoning(Response.restored(**unsealed(line, _FIELDS)))


def undamaged(line: bytes) -> Iterator[tuple[int, int, Response]]:
    """Yield whole responses within a damaged line, with their bounds."""
    for part in _WHOLE.finditer(line):
        with suppress(*DAMAGE):
            yield part.start(), part.end(), parsed(part[0])


def damage(line: bytes, error: BaseException) -> str:
    """Return what is known of a damaged line."""
    request = _REQUEST.search(line)
    return f"({error}; request {request[1].decode() if request else 'unknown'})"


def without_reasoning(response: Response) -> Response:
    """Return a response without the model's thoughts."""
    # Thoughts are read by people alone. In memory those of all answers would take gigabytes.
    return replace(response, reasoning=None)
