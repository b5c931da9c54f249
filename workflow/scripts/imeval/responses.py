"""Requests, what models answered to them, and the store that keeps every answer.

An answer may have been paid for: it is written and flushed to disk before the next one is looked at, and its request
is never sent again.
"""

import hashlib
import json
import logging
import os
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, Self

import polars as pl

from imeval import provenance, schemas
from imeval.errors import mistake
from imeval.files import hold
from imeval.parsing import read_answers
from imeval.progress import Progress
from imeval.prompts import ImagePart, Message

if TYPE_CHECKING:
    from imeval.models.chat import Chat

AnswerFormat = Literal["text", "json"]

_LONGEST_ERROR = 300

_WITH_TEXT = ("ok", "truncated")
_FINAL = ("ok", "truncated", "refused", "empty")
"""What a model said is kept, be it a refusal or nothing; only an error, where it said nothing, is asked again."""


@dataclass(frozen=True)
class Request:
    """One question to a model: who is asked (`Chat.identity`), in which of the repeated runs, and what."""

    model: str
    run: int
    messages: tuple[Message, ...]
    retry: int = 0
    """How often one of its photographs was asked about in vain before."""

    @cached_property
    def request_key(self) -> str:
        """A hash of exactly what determines the answer: the fields, with the photographs' SHA-256 for their bytes."""
        said = [[message.role, [_keyed(part) for part in message.parts]] for message in self.messages]
        retry = [self.retry] if self.retry else []
        return hashlib.sha256(json.dumps([self.model, self.run, said, *retry]).encode()).hexdigest()

    @property
    def image_ids(self) -> list[str]:
        """The photographs asked about, by position."""
        return [image.image_id for image in self._images]

    def alone(self, position: int) -> "Request":
        """Return the request that asks again, about one of the photographs alone."""
        others = {id(image) for place, image in enumerate(self._images, start=1) if place != position}
        messages = tuple(
            replace(message, parts=tuple(part for part in message.parts if id(part) not in others))
            for message in self.messages
        )
        return Request(self.model, self.run, messages, self.retry + 1)

    @property
    def _images(self) -> list[ImagePart]:
        return [part for message in self.messages for part in message.parts if isinstance(part, ImagePart)]


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
            provenance.note(notes, machines=provenance.noted(notes)["machines"])
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


def answer_all(
    chat: "Chat",
    requests: Iterable[Request],
    store: ResponseStore,
    answer_format: AnswerFormat = "text",
    max_retries_alone: int = 0,
    progress: Progress | None = None,
) -> pl.DataFrame:
    """Return a Responses frame of all requests, asking only those whose answer the store lacks, and each once.

    Rows are in the order of the requests, one a photograph; positions are those in its first request and count from 1.
    A row's key and tokens are those of the request that answered it.

    Args:
        chat: the model.
        requests: what to ask.
        store: where every answer is kept as it came.
        answer_format: "text", where the whole answer is the text; or "json", where `parsing.read_answers` reads it.
        max_retries_alone: how often a photograph is asked about again, alone, if an answer in JSON says nothing of it.
        progress: counts the rows.
    """
    asking = _Asking(store, answer_format, max_retries_alone, progress or Progress("answers", None))
    waiting = asking.lacking(requests)
    while True:
        for response in chat.answer(waiting):
            store.append(response)
            asking.settle(response)
        if not asking.queue:
            break
        waiting = asking.lacking(())
    logging.info("%d requests, of which %d were asked and the others answered before", asking.made, asking.asked)
    return pl.DataFrame(asking.rows, schema=schemas.Responses.create_empty().schema)


class _Asking:
    """The rows of the photographs asked about, and the requests that are still to be answered for them."""

    def __init__(
        self, store: ResponseStore, answer_format: AnswerFormat, max_retries_alone: int, progress: Progress
    ) -> None:
        self.rows: list[dict[str, Any]] = []
        self.queue: deque[Request] = deque()
        self.made = self.asked = 0
        self._store = store
        self._answer_format = answer_format
        self._max_retries_alone = max_retries_alone
        self._progress = progress
        # With a request that may have to be asked again in part; where answers are taken as they are, none is held.
        self._under_way: dict[str, list[tuple[Request | None, list[int]]]] = {}

    def lacking(self, requests: Iterable[Request]) -> Iterator[Request]:
        """Yield the requests to send, those that ask again about a photograph first."""
        for request in requests:
            first = len(self.rows)
            for position, image_id in enumerate(request.image_ids, start=1):
                self.rows.append({"image_id": image_id, "run": request.run, "position": position})
            self._ask(request, list(range(first, len(self.rows))))
            yield from self._queued()
        yield from self._queued()

    def settle(self, response: Response) -> None:
        """Fill the rows that waited for a response, or ask again for them."""
        for request, rows in self._under_way.pop(response.request_key, ()):
            self._fill(request, rows, response, found=False)

    def _queued(self) -> Iterator[Request]:
        while self.queue:
            self.asked += 1
            yield self.queue.popleft()

    def _ask(self, request: Request, rows: list[int]) -> None:
        self.made += 1
        key = request.request_key
        held = request if self._answer_format == "json" else None
        if key in self._store:
            self._fill(held, rows, self._store[key], found=True)
        elif key in self._under_way:
            self._under_way[key].append((held, rows))
        else:
            self._under_way[key] = [(held, rows)]
            self.queue.append(request)

    def _fill(self, request: Request | None, rows: list[int], response: Response, *, found: bool) -> None:
        answers = self._answers(response, len(rows))
        for position, row in enumerate(rows, start=1):
            if position not in answers and request is not None and request.retry < self._max_retries_alone:
                self._ask(request.alone(position), [row])
            else:
                self.rows[row] |= asdict(answers.get(position) or _unanswered(response))
                self._progress.add(found=found)

    def _answers(self, response: Response, images: int) -> dict[int, Response]:
        """Return the response of each photograph; of those that are to be asked about again, none."""
        same = dict.fromkeys(range(1, images + 1), response)
        if self._answer_format == "text" or response.status == "error":
            return same
        if response.text is None:
            return same if images == 1 else {}
        said = read_answers(response.text, images)
        return {position: replace(response, status="ok", text=text) for position, text in said.items()}


def _unanswered(response: Response) -> Response:
    if response.text is None:
        return response
    error = f"no answer about the photograph in: {response.text[:_LONGEST_ERROR]}"
    return replace(response, status="error", text=None, error=error)


def _keyed(part: str | ImagePart) -> str | list[str]:
    return part if isinstance(part, str) else [part.sha256]
