"""A server's state, which jobs read, and their turns at the server.

The state is a JSON file, replaced as a whole. While the server starts, when it is healthy, and after it failed:

    {"pid": 4242}
    {"pid": 4242, "base_url": "http://127.0.0.1:8000/v1", "key": "kf3…"}
    {"pid": 4242, "error": "models.large: vllm serve: expected ..."}

`pid` is the process that started the server and watches it. `key` is what a request has to show: no other user may
read it, so the file is its owner's alone.
"""

import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from imeval.base import locks
from imeval.base.errors import UserError, mistake
from imeval.base.files import replacing

Program = Literal["vllm", "transformers"]

Held = Literal["worker"]
"""Our own program, which holds the weights of a model that runs in jobs (see `imeval.models.worker`)."""

KEY_VARIABLE = "VLLM_API_KEY"
"""The environment variable that gives a server its key; the name is vLLM's."""


@dataclass(frozen=True)
class Address:
    """Where a server is, and the key that it asks for."""

    base_url: str
    key: str


JOBS_AT_ONCE = 2
"""Jobs that ask a server at a time: while one waits for its last answers, the other keeps the server busy."""

_SECONDS_BETWEEN_LOOKS = 0.5
_SECONDS_TO_BE_KILLED = 5.0


def model_name(program: Program | Held, weights: str, revision: str | None) -> str:
    """Return a model's name in requests, by program."""
    return f"{weights}@{revision}" if program == "transformers" and revision else weights


def write_state(file: str, **state: str) -> None:
    """Replace the state of this process's server."""
    with replacing(file, mode=0o600) as partial:
        partial.write_text(json.dumps({"pid": os.getpid()} | state))


def failure(file: str) -> UserError | None:
    """Return the error of a failed or ended server, if any."""
    state = _read(file)
    if state is not None and "error" not in state and not _is_running(state["pid"]):
        remedy = "run the same command again"
        return mistake(f"models.{Path(file).stem}", "server", "a running server", "none, it has ended", remedy)
    return UserError(state["error"]) if state and "error" in state else None


@contextmanager
def turn(file: str) -> Iterator[Address]:
    """Wait for a turn at a healthy server, and give its address.

    At most `JOBS_AT_ONCE` jobs have a turn at the same time.

    Raises:
        UserError: the server failed or has ended.
    """
    place: int | None = None
    address = None
    while place is None or address is None:
        place = _place(file) if place is None else place
        if failed := failure(file):
            # The jobs that have a turn report the failure at once, and Snakemake then kills the waiting jobs. So the
            # failure is printed once or twice, not once for every shard.
            time.sleep(_SECONDS_TO_BE_KILLED if place is None else 0)
            raise failed
        address = _address(_read(file) or {})
        if place is None or address is None:
            time.sleep(_SECONDS_BETWEEN_LOOKS)
    try:
        yield address
    finally:
        # Closing the file frees the lock, and so the turn.
        os.close(place)


def _address(state: Mapping[str, Any]) -> Address | None:
    return Address(state["base_url"], state["key"]) if "base_url" in state else None


def _read(file: str) -> dict[str, Any] | None:
    """Return a server's state, None if empty."""
    try:
        state: dict[str, Any] | None = json.loads(Path(file).read_text() or "null")
    except FileNotFoundError:
        # Snakemake removes the file when no job of the run needs the server any more.
        return {"pid": 0}
    return state


def _is_running(pid: int) -> bool:
    try:
        # Signal 0 only checks that the process exists.
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):
        # It has ended, and by now its number may belong to another user's process.
        return False
    # 0 stands for no process; for `kill` it would be this process and its group.
    return pid != 0


def _place(file: str) -> int | None:
    """Return a free turn's lock, if any."""
    name = hashlib.sha256(str(Path(file).resolve()).encode()).hexdigest()[:16]
    places = (locks.taken(f"turn-{name}-{number}") for number in range(JOBS_AT_ONCE))
    return next((place for place in places if place is not None), None)
