"""The store of a model's responses, by request key.

A response may have been paid for, so it is on the disk before anything else happens to it. The store of a model is a
folder with a file for each job, such as `cw-00000-of-00032.jsonl`, with a line for each response:

    {"request_key": "8da3...", "status": "ok", "text": "hen", "stop_reason": "stop", ...}
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO

from imeval.asking.contract import STATUSES
from imeval.asking.exchange import Response
from imeval.base import machine
from imeval.base.errors import mistake
from imeval.base.locks import hold

_FINAL = tuple(status for status in STATUSES if status != "error")
"""Results of the model, never asked for again; after an error nothing came from the model."""


class ResponseStore:
    """A model's responses; new ones go into the file of this job."""

    def __init__(self, responses: dict[str, Response], file: IO[bytes]) -> None:
        self._responses = responses
        self._file = file
        self._machine_is_noted = False

    def __contains__(self, request_key: str) -> bool:
        """Return whether the request of this key has a response."""
        return request_key in self._responses

    def __getitem__(self, request_key: str) -> Response:
        """Return the response to the request of this key."""
        return self._responses[request_key]

    def append(self, response: Response) -> None:
        """Keep a response, which is on the disk when this returns."""
        self._file.write(json.dumps(asdict(response)).encode() + b"\n")
        self._file.flush()
        # Flushing reaches the operating system only: a crash of the machine would lose what was paid for.
        os.fsync(self._file.fileno())
        self._responses[response.request_key] = response
        if not self._machine_is_noted:
            # With the first new response, not with the job: a job may find all responses in the store, from another
            # machine.
            notes = Path(self._file.name).with_suffix(".json")
            machine.write_note(notes, earlier_machines=machine.read_note(notes)["machines"])
            self._machine_is_noted = True


@contextmanager
def open_store(folder: str | Path, writer: str) -> Iterator[ResponseStore]:
    """Open a model's store to find and append responses.

    Each job appends to a file of its name, and no job waits for another. All files are read: responses are found even
    after a change of the number of shards. A last line that was cut short by a kill is removed: its request is sent
    again.

    Args:
        folder: the store of one model; it is created if missing.
        writer: the name of this job's file; no other running job may use it.

    Raises:
        UserError: a line in the middle of a file is damaged (the message names file and line), or another process holds
            the writer's file: both would send, and pay for, the same requests.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    own = folder / f"{writer}.jsonl"
    with open(own, "ab") as file:
        try:
            hold(file)
        except BlockingIOError:
            remedy = "wait for its end, or end it if a killed run left it behind"
            raise mistake(own, "job", "no other with the same requests", "a running one", remedy) from None
        responses = kept(folder)
        # Repair only this job's file: another job may be writing the last line of its file now.
        _, whole = _read(own)
        file.truncate(whole)
        yield ResponseStore(responses, file)


def kept(folder: str | Path) -> dict[str, Response]:
    """Return the final responses in a store, by request key.

    Errors are left out, as their requests are sent again.

    Raises:
        UserError: as `open_store`.
    """
    found = (response for path in sorted(Path(folder).glob("*.jsonl")) for response in _read(path)[0])
    return {response.request_key: response for response in found if response.status in _FINAL}


def _read(path: Path) -> tuple[list[Response], int]:
    """Return a file's responses, and how many bytes they take."""
    # The part after the last line break, if there is one, is a line that was cut short.
    *lines, rest = path.read_bytes().split(b"\n")
    responses: list[Response] = []
    whole = 0
    for number, line in enumerate(lines, start=1):
        try:
            responses.append(Response(**json.loads(line)))
        except (ValueError, TypeError) as error:
            # A machine that crashed may leave a last line of zeros.
            if number == len(lines) and not rest:
                break
            remedy = "delete the line, and its request is sent again"
            raise mistake(f"{path}, line {number}", "response", "one JSON object", f"({error})", remedy) from error
        whole += len(line) + 1
    return responses, whole
