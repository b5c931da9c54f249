"""Asking a model all that its store lacks, again about single images where an answer misses them."""

import logging
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from typing import Any

import polars as pl

from imeval.asking.answer_text import read_answers
from imeval.asking.chat import Chat
from imeval.asking.contract import Responses
from imeval.asking.exchange import AnswerFormat, Request, Response
from imeval.asking.store import ResponseStore
from imeval.base.errors import mistake
from imeval.base.progress import Progress

_LONGEST_ERROR = 300


def answer_all(
    chat: Chat,
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
    return pl.DataFrame(asking.rows, schema=Responses.create_empty().schema)


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
