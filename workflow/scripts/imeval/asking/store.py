"""The store of a model's responses, found by their request keys.

A response may have been paid for: it is on the disk, as it came, before anything else happens to it. The store of a
model is a folder with a file a job, such as `cw-00000-of-00032.jsonl`, and a line a response. The last field is the
CRC-32 of the line without it:

    {"request_key": "8da3...", "status": "ok", "text": "hen", "stop_reason": "stop", ..., "crc32": "0f3a91c2"}

A damaged line stays where it is, and the log names it. Its request is sent again. An index beside each file, which can
be made anew at any time, spares a job the reading of all lines.
"""

import errno
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from imeval.asking.exchange import Response
from imeval.asking.store_index import StoreIndex
from imeval.asking.store_lines import responses_of, without_reasoning
from imeval.base import machine
from imeval.base.errors import mistake
from imeval.base.locks import hold
from imeval.base.sealed import sealed

_ROOM = 1 << 20
"""Bytes that a job keeps free for answers under way when the disk is full."""


class ResponseStore:
    """A model's responses; new ones go into the file of this job."""

    def __init__(self, index: StoreIndex, file: IO[bytes], room: IO[bytes]) -> None:
        """Make a store of these responses.

        Args:
            index: finds the responses that are there already.
            file: takes new ones, unbuffered.
            room: takes up room on the disk, for what is under way when the disk is full.
        """
        self._index = index
        self._new: dict[str, Response] = {}
        self._last: Response | None = None
        self._file = file
        self._room = room
        self._machine_is_noted = False
        # Read before the first request: once answers cost money, no note may stop the job.
        self._machines = machine.read_note(_note(file))["machines"]

    def __contains__(self, request_key: str) -> bool:
        """Return whether the request of this key has a response."""
        return self._found(request_key) is not None

    def __getitem__(self, request_key: str) -> Response:
        """Return the response to the request of this key."""
        response = self._found(request_key)
        if response is None:
            raise KeyError(request_key)
        return response

    def _found(self, request_key: str) -> Response | None:
        if request_key in self._new:
            return self._new[request_key]
        # A job asks whether there is a response before it takes it.
        if self._last is None or self._last.request_key != request_key:
            self._last = self._index.find(request_key)
        return self._last

    def append(self, response: Response) -> None:
        """Keep a response, which is on the disk when this returns.

        Raises:
            OSError: it cannot be kept; or it was kept, and the disk is full.
        """
        full = self._written(sealed(asdict(response)) + b"\n")
        self._new[response.request_key] = without_reasoning(response)
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

    Each job appends to its own file, so no job waits for another. Responses are found in all files, even after a change
    of the number of shards. What a kill left of a last line is moved to `<writer>.jsonl.damaged`.

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
        yield ResponseStore(StoreIndex(folder), file, room)


def kept(folder: str | Path) -> dict[str, Response]:
    """Return the final responses in a store, by request key.

    Errors are left out, as their requests are sent again. So are damaged lines, which the log names.
    """
    return {response.request_key: response for response in StoreIndex(folder).responses()}


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
