"""The store of a model's responses, found by their request keys.

A response may have been paid for: it is on the disk, as it came, before anything else happens to it. The store of a
model is a folder with a file a job, such as `cw-00000-of-00032.jsonl`, and a line a response. The last field is the
CRC-32 of the line without it:

    {"request_key": "8da3...", "status": "ok", "text": "hen", "stop_reason": "stop", ..., "crc32": "0f3a91c2"}

A damaged line stays where it is, and the log names it. Its request is sent again.
"""

import errno
import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, fields, replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from imeval.asking.contract import STATUSES
from imeval.asking.exchange import Response
from imeval.base import machine
from imeval.base.errors import mistake, some
from imeval.base.locks import hold
from imeval.base.sealed import DAMAGE, sealed, unsealed

_FINAL = tuple(status for status in STATUSES if status != "error")
"""Results of the model, never asked for again; after an error nothing came from the model."""

_ROOM = 1 << 20
"""Bytes that a job keeps free for answers under way when the disk is full."""

_FIELDS = frozenset(field.name for field in fields(Response))
_WHOLE = re.compile(rb'{"request_key": .*?, "crc32": "[0-9a-f]{8}"}')
_REQUEST = re.compile(rb'"request_key": "([0-9a-f]{64})"')


class ResponseStore:
    """A model's responses; new ones go into the file of this job."""

    def __init__(self, responses: dict[str, Response], file: IO[bytes], room: IO[bytes]) -> None:
        """Make a store of these responses.

        Args:
            responses: by request key.
            file: takes new ones, unbuffered.
            room: takes up room on the disk, for what is under way when the disk is full.
        """
        self._responses = responses
        self._file = file
        self._room = room
        self._machine_is_noted = False
        # Read before the first request: once answers cost money, no note may stop the job.
        self._machines = machine.read_note(_note(file))["machines"]

    def __contains__(self, request_key: str) -> bool:
        """Return whether the request of this key has a response."""
        return request_key in self._responses

    def __getitem__(self, request_key: str) -> Response:
        """Return the response to the request of this key."""
        return self._responses[request_key]

    def append(self, response: Response) -> None:
        """Keep a response, which is on the disk when this returns.

        Raises:
            OSError: it cannot be kept; or it was kept, and the disk is full.
        """
        full = self._written(sealed(asdict(response)) + b"\n")
        self._responses[response.request_key] = _without_reasoning(response)
        if not self._machine_is_noted:
            # With the first new response, not with the job: a job may find all responses in the store, and they came
            # from another machine.
            self._machine_is_noted = True
            self._note_machine()
        if full:
            raise full

    def _written(self, line: bytes) -> OSError | None:
        """Write a line; return a full disk's error if it fitted."""
        try:
            self._write(line)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT) or self._room.closed:
                raise
            # The job ends now, but what is under way has been paid for.
            self._room.close()
            self._write(line)
            return error
        return None

    def _write(self, line: bytes) -> None:
        descriptor = self._file.fileno()
        start = os.fstat(descriptor).st_size
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            # Writing reaches the operating system only: a crash of the machine would lose what was paid for.
            os.fsync(descriptor)
        # Also Ctrl-C: half a line must not stand before the next.
        except BaseException:
            os.ftruncate(descriptor, start)
            raise

    def _note_machine(self) -> None:
        try:
            machine.write_note(_note(self._file), earlier_machines=self._machines)
        except OSError as error:
            logging.warning("The machine of these answers could not be noted: %s", error)


def _note(file: IO[bytes]) -> Path:
    return Path(file.name).with_suffix(".json")


@contextmanager
def open_store(folder: str | Path, writer: str) -> Iterator[ResponseStore]:
    """Open a model's store to find responses and append new ones.

    Each job appends to its own file, so no job waits for another. All files are read: responses are found even after a
    change of the number of shards. What a kill left of a last line is moved to `<writer>.jsonl.damaged`.

    Args:
        folder: the store of one model; it is created if missing.
        writer: the name of this job's file; no other running job may use it.

    Raises:
        UserError: another process holds the writer's file: both would send, and pay for, the same requests.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    own = folder / f"{writer}.jsonl"
    with open(own, "ab", buffering=0) as file, TemporaryFile(dir=folder) as room:
        try:
            hold(file)
        except BlockingIOError:
            remedy = "wait for its end, or end it if a killed run left it behind"
            raise mistake(own, "job", "no other with the same requests", "a running one", remedy) from None
        # Repair only this job's file: another job may be writing the last line of its file now.
        _end_last_line(own, file)
        # Random, as some file systems keep no zeros.
        room.write(os.urandom(_ROOM))
        room.flush()
        yield ResponseStore(kept(folder), file, room)


def kept(folder: str | Path) -> dict[str, Response]:
    """Return the final responses in a store, by request key.

    Errors are left out, as their requests are sent again. So are damaged lines, which the log names.
    """
    found = (response for path in sorted(Path(folder).glob("*.jsonl")) for response in _read(path))
    return {response.request_key: response for response in found if response.status in _FINAL}


def responses_of(line: bytes) -> list[Response]:
    """Return the whole responses in a line, none if all is damaged.

    Where a line break is damaged, two responses stand in one line.
    """
    try:
        return [_parsed(line)]
    except DAMAGE:
        return _undamaged(line)


def _parsed(line: bytes) -> Response:
    """Return the response of a line.

    Raises:
        ValueError, TypeError, RecursionError: the line is damaged.
    """
    return _without_reasoning(Response.restored(**unsealed(line, _FIELDS)))


def _undamaged(line: bytes) -> list[Response]:
    """Return the responses that are whole within a damaged line."""
    found = []
    for part in _WHOLE.findall(line):
        with suppress(*DAMAGE):
            found.append(_parsed(part))
    return found


def _read(path: Path) -> list[Response]:
    """Return the responses of a file, and log its damaged lines."""
    # The part after the last line break, if there is one, is a line that is being written or was cut short.
    *lines, _ = path.read_bytes().split(b"\n")
    responses: list[Response] = []
    damaged: list[str] = []
    for number, line in enumerate(lines, start=1):
        try:
            responses.append(_parsed(line))
        except DAMAGE as error:
            responses += _undamaged(line)
            request = _REQUEST.search(line)
            damaged.append(f"line {number} ({error}; request {request[1].decode() if request else 'unknown'})")
    if damaged:
        logging.warning("%s: damaged, so what is lost there is asked for again: %s", path, some(damaged))
    return responses


def _end_last_line(path: Path, file: IO[bytes]) -> None:
    """End the last line of a file that was cut short.

    A whole response is kept. Anything else is moved to the end of `<path>.damaged`.
    """
    content = path.read_bytes()
    rest = content[content.rfind(b"\n") + 1 :]
    if not rest:
        return
    if responses_of(rest):
        file.write(b"\n")
    else:
        aside = path.with_suffix(".jsonl.damaged")
        with open(aside, "ab") as damaged:
            damaged.write(rest + b"\n")
            damaged.flush()
            os.fsync(damaged.fileno())
        file.truncate(len(content) - len(rest))
        logging.warning("%s: the last line was cut short; it is in %s and is asked for again", path, aside)


def _without_reasoning(response: Response) -> Response:
    # Thoughts are read by people alone. In memory those of all answers would take gigabytes.
    return replace(response, reasoning=None)
