"""What is known of a server while a run lasts, and how the jobs that ask it take turns.

The file is JSON: the process that keeps the server (`pid`) and, once it is healthy, its address (`base_url`) or, if it
failed, the sentence that says so (`error`).
"""

import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from imeval.base import locks
from imeval.base.errors import UserError, mistake
from imeval.base.files import replacing

Program = Literal["vllm", "transformers"]

JOBS_AT_ONCE = 2
"""So many jobs ask a server at a time: while one sends its last requests, the other keeps the server busy."""

_SECONDS_BETWEEN_LOOKS = 0.5
_SECONDS_TO_BE_KILLED = 5.0


def model_name(program: Program, weights: str, revision: str | None) -> str:
    """Return what requests call the model."""
    return f"{weights}@{revision}" if program == "transformers" and revision else weights


def tell(file: str, **known: str) -> None:
    """Replace what is known of the server that this process keeps."""
    with replacing(file) as partial:
        partial.write_text(json.dumps({"pid": os.getpid()} | known))


def failure(file: str) -> UserError | None:
    """Return the sentence about a server that failed or has ended, or None."""
    known = _read(file)
    if known is not None and "error" not in known and not _runs(known["pid"]):
        return mistake(f"models.{Path(file).stem}", "server", "one that runs", "none, it has ended", "run again")
    return UserError(known["error"]) if known and "error" in known else None


@contextmanager
def turn(file: str) -> Iterator[str]:
    """Wait for a server to be healthy and for fewer than `JOBS_AT_ONCE` others to ask it, and give its address.

    Raises:
        UserError: the server failed or has ended.
    """
    place: int | None = None
    address = None
    while place is None or address is None:
        place = _place(file) if place is None else place
        if failed := failure(file):
            # Of the many that wait one or two say so, before Snakemake kills the rest.
            time.sleep(_SECONDS_TO_BE_KILLED if place is None else 0)
            raise failed
        address = (_read(file) or {}).get("base_url")
        if place is None or address is None:
            time.sleep(_SECONDS_BETWEEN_LOOKS)
    try:
        yield address
    finally:
        os.close(place)


def _read(file: str) -> dict[str, Any] | None:
    """Return what is known of a server, or None while its file is being written."""
    try:
        known: dict[str, Any] | None = json.loads(Path(file).read_text() or "null")
    except FileNotFoundError:
        # Snakemake removes it when the run no longer needs the server.
        return {"pid": 0}
    return known


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):
        # Gone, or a process of another user's that has its number by now.
        return False
    return pid != 0


def _place(file: str) -> int | None:
    """Return one of the places of those who ask a server, or None while all are taken."""
    name = hashlib.sha256(str(Path(file).resolve()).encode()).hexdigest()[:16]
    places = (locks.taken(f"turn-{name}-{number}") for number in range(JOBS_AT_ONCE))
    return next((place for place in places if place is not None), None)
