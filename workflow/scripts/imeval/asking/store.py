"""The store of a model's answers: every one is kept as it came, and never asked for again.

An answer may have been paid for: it is on the disk before the next one is looked at.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO

from imeval.asking.exchange import Response
from imeval.base import machine
from imeval.base.errors import mistake
from imeval.base.locks import hold

_FINAL = ("ok", "truncated", "refused", "empty")
"""What a model said is kept, be it a refusal or nothing; only an error, where it said nothing, is asked again."""


class ResponseStore:
    """The answers kept so far, and the file that takes new ones."""

    def __init__(self, responses: dict[str, Response], file: IO[bytes]) -> None:
        self._responses = responses
        self._file = file
        self._machine_is_noted = False

    def __contains__(self, request_key: str) -> bool:
        """Tell whether this request has been answered."""
        return request_key in self._responses

    def __getitem__(self, request_key: str) -> Response:
        """Return the response to this request."""
        return self._responses[request_key]

    def append(self, response: Response) -> None:
        """Keep a response; when this returns it is on the disk."""
        self._file.write(json.dumps(asdict(response)).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self._responses[response.request_key] = response
        if not self._machine_is_noted:
            # Here and not with the job, which may take answers from the store that another machine gave.
            notes = Path(self._file.name).with_suffix(".json")
            machine.write_note(notes, earlier_machines=machine.read_note(notes)["machines"])
            self._machine_is_noted = True


@contextmanager
def open_store(folder: str | Path, writer: str) -> Iterator[ResponseStore]:
    """Open a model's store: the answers of all its files, and the file of this writer to append to.

    Every job writes a file of its own, so none waits for another; all files are read, so an answer is found again
    whatever the number of shards was. A last line that was cut short is dropped: its request is asked again.

    Args:
        folder: the store of one model, made if it is not there.
        writer: names the file; no other job that runs at the same time may have the name.

    Raises:
        UserError: a damaged line that is not a file's last; names file and line. Or another process has the writer's
            name: what it is asked would be asked, and paid for, twice.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    own = folder / f"{writer}.jsonl"
    with open(own, "ab") as file:
        try:
            hold(file)
        except BlockingIOError:
            remedy = "a run that was killed may have left it: wait for its end, or end it"
            raise mistake(own, "job", "no other that asks the same", "one at work", remedy) from None
        responses = kept(folder)
        # The last line of another job's file may be one that it is writing just now.
        _, whole = _read(own)
        file.truncate(whole)
        yield ResponseStore(responses, file)


def kept(folder: str | Path) -> dict[str, Response]:
    """Return the answers in a model's store that are not asked for again, by request key.

    Raises:
        UserError: as `open_store`.
    """
    found = (response for path in sorted(Path(folder).glob("*.jsonl")) for response in _read(path)[0])
    return {response.request_key: response for response in found if response.status in _FINAL}


def _read(path: Path) -> tuple[list[Response], int]:
    """Return the responses of a file and how many of its bytes they take."""
    *lines, rest = path.read_bytes().split(b"\n")
    responses: list[Response] = []
    whole = 0
    for number, line in enumerate(lines, start=1):
        try:
            responses.append(Response(**json.loads(line)))
        except (ValueError, TypeError) as error:
            if number == len(lines) and not rest:
                break
            remedy = "delete the line, and its request is asked again"
            raise mistake(f"{path}, line {number}", "response", "one JSON object", f"({error})", remedy) from error
        whole += len(line) + 1
    return responses, whole
