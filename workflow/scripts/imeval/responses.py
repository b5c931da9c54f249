"""Requests, what models answered to them, and the store that keeps every answer.

An answer may have been paid for: it is written and flushed to disk before the next one is looked at, and its request
is never sent again.
"""

import hashlib
import json
import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

import polars as pl

from imeval import schemas
from imeval.errors import mistake
from imeval.prompts import ImagePart, Message

if TYPE_CHECKING:
    from imeval.models.chat import Chat

_WITH_TEXT = ("ok", "truncated")
_FINAL = ("ok", "truncated", "refused", "empty")
"""What a model said is kept, be it a refusal or nothing; only an error, where it said nothing, is asked again."""


@dataclass(frozen=True)
class Request:
    """One question to a model: who is asked (`Chat.identity`), in which of the repeated runs, and what."""

    model: str
    run: int
    messages: tuple[Message, ...]

    @cached_property
    def request_key(self) -> str:
        """A hash of exactly what determines the answer: the fields, with the photographs' SHA-256 for their bytes."""
        said = [[message.role, [_keyed(part) for part in message.parts]] for message in self.messages]
        return hashlib.sha256(json.dumps([self.model, self.run, said]).encode()).hexdigest()

    @property
    def image_ids(self) -> list[str]:
        """The photographs asked about, by position."""
        return [part.image_id for message in self.messages for part in message.parts if isinstance(part, ImagePart)]


@dataclass(frozen=True, slots=True)
class Response:
    """What became of a request; `text` is there exactly for the statuses ok and truncated.

    `cached_tokens` are those of the input that an API had cached, `batched` tells the price it asked.
    """

    request_key: str
    status: str
    text: str | None = None
    stop_reason: str | None = None
    error: str | None = None
    attempts: int = 1
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    batched: bool = False

    def __post_init__(self) -> None:
        """Refuse an error that passes for an answer, and the reverse."""
        if self.status not in schemas.STATUSES or (self.text is not None) != (self.status in _WITH_TEXT):
            raise ValueError(f"status {self.status!r} with text {self.text!r}")

    @classmethod
    def said(
        cls, request: Request, text: str, *, cut_off: bool, stop_reason: str, input_tokens: int, output_tokens: int
    ) -> Self:
        """Return the response of a model that wrote this text: empty if it is white space, truncated if cut off."""
        status = "empty" if not text.strip() else "truncated" if cut_off else "ok"
        return cls(
            request.request_key,
            status,
            text=text if status in _WITH_TEXT else None,
            stop_reason=stop_reason,
            input_tokens=input_tokens,
            output_tokens=output_tokens,
        )


class ResponseStore:
    """The answers kept so far, and the file that takes new ones."""

    def __init__(self, responses: dict[str, Response], file: IO[bytes]) -> None:
        self._responses = responses
        self._file = file

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


@contextmanager
def open_store(folder: str | Path, writer: str) -> Iterator[ResponseStore]:
    """Open a model's store: the answers of all its files, and the file of this writer to append to.

    Every job writes a file of its own, so none waits for another; all files are read, so an answer is found again
    whatever the number of shards was. A last line that was cut short is dropped: its request is asked again.

    Args:
        folder: the store of one model, made if it is not there.
        writer: names the file; no other job that runs at the same time may have the name.

    Raises:
        UserError: a damaged line that is not a file's last; names file and line.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    own = folder / f"{writer}.jsonl"
    responses = kept(folder)
    if own.exists():
        # The last line of another job's file may be one that it is writing just now.
        _, whole = _read(own)
        os.truncate(own, whole)
    with open(own, "ab") as file:
        yield ResponseStore(responses, file)


def kept(folder: str | Path) -> dict[str, Response]:
    """Return the answers in a model's store that are not asked for again, by request key.

    Raises:
        UserError: as `open_store`.
    """
    found = (response for path in sorted(Path(folder).glob("*.jsonl")) for response in _read(path)[0])
    return {response.request_key: response for response in found if response.status in _FINAL}


def require_answers(responses: pl.DataFrame, max_error_share: float) -> None:
    """Refuse a Responses frame with too many errors; what was answered is in the store.

    Raises:
        UserError: a larger share of the rows are errors.
    """
    errors = responses.filter(pl.col("status") == "error")
    if len(errors) > max_error_share * len(responses):
        found = f"{len(errors)} of {len(responses)} images without an answer, first {errors['error'].item(0)}"
        remedy = "run again to ask these alone, every answer is kept; or raise it"
        raise mistake("responses", "max_error_share", f"errors for at most {max_error_share:g} of them", found, remedy)


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


def answer_all(chat: "Chat", requests: Iterable[Request], store: ResponseStore) -> pl.DataFrame:
    """Return a Responses frame of all requests, asking only those whose answer the store lacks, and each once.

    Rows are in the order of the requests, one a photograph; positions count from 1.
    """
    made: list[tuple[str, int, list[str]]] = []
    asked: set[str] = set()

    def lacking() -> Iterator[Request]:
        for request in requests:
            made.append((request.request_key, request.run, request.image_ids))
            if request.request_key not in store and request.request_key not in asked:
                asked.add(request.request_key)
                yield request

    for response in chat.answer(lacking()):
        store.append(response)
    logging.info("%d requests, of which %d were asked and the others answered before", len(made), len(asked))
    rows = [
        {"image_id": image_id, "run": run, "position": position} | asdict(store[request_key])
        for request_key, run, image_ids in made
        for position, image_id in enumerate(image_ids, start=1)
    ]
    return pl.DataFrame(rows, schema=schemas.Responses.create_empty().schema)


def _keyed(part: str | ImagePart) -> str | list[str]:
    return part if isinstance(part, str) else [part.sha256]
