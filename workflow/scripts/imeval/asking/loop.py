"""The loop that sends all requests without a stored response.

An image that an answer about several lacks may be asked about again alone. If it still has no answer, that is the
model's result: it counts as unreadable, not as an error.
"""

import logging
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import polars as pl

from imeval.asking.answer_text import read_answers
from imeval.asking.chat import Chat
from imeval.asking.clean_text import THOUGHT_TAGS, unwrapped
from imeval.asking.contract import Responses
from imeval.asking.exchange import AnswerFormat, Request, Response
from imeval.asking.store import ResponseStore
from imeval.base.errors import mistake
from imeval.base.progress import Progress


def answer_all(
    chat: Chat,
    requests: Iterable[Request],
    store: ResponseStore,
    *,
    answer_format: AnswerFormat = "text",
    max_retries_alone: int = 0,
    thought_tags: Sequence[str] = THOUGHT_TAGS,
    progress: Progress | None = None,
) -> pl.DataFrame:
    """Return the responses to all requests, as a Responses frame.

    Each request without a stored response is sent once. There is one row for each image, in the order of requests.
    `position` is the image's place in its first request. The key, the tokens and `images_in_request` belong to the
    request that answered it.

    Args:
        chat: the model.
        requests: all requests of the shard.
        store: keeps every response as it came.
        answer_format: "text" (the whole answer is the text) or "json" (`answer_text.read_answers` reads it).
        max_retries_alone: if 0, an image that a JSON answer about several lacks is not asked about again; else once, as
            the same request again would be byte-identical.
        thought_tags: the names of tags around the model's thoughts, which are no part of its answer.
        progress: counts the rows.
    """
    reader = _Reader(answer_format, thought_tags)
    asking = _Asking(store, reader, max_retries_alone > 0, progress or Progress("answers", None))
    waiting = asking.unanswered(requests)
    while True:
        _settle_all(chat.answer(waiting), asking, store, thought_tags)
        # The last responses may have queued requests after `waiting` had ended.
        if not asking.queue:
            break
        waiting = asking.unanswered(())
    logging.info("%d requests: %d sent, the others answered by the store", asking.made, asking.sent)
    return pl.DataFrame(asking.rows, schema=Responses.create_empty().schema)


def _settle_all(
    answers: Iterator[Response], asking: "_Asking", store: ResponseStore, thought_tags: Sequence[str]
) -> None:
    """Store each response; also what is under way after an error."""
    try:
        for response in answers:
            # Store it before anything is computed from it: it may have been paid for.
            store.append(response.without_thoughts(thought_tags))
            asking.settle(store[response.request_key])
    # Also Ctrl-C and SIGTERM.
    except BaseException as error:
        for response in _rest(answers, error):
            # The error may have come after it was stored.
            if response.request_key not in store:
                _store_last(response.without_thoughts(thought_tags), store)
        raise


def _store_last(response: Response, store: ResponseStore) -> None:
    try:
        store.append(response)
    except OSError as error:
        logging.error("Response to request %s: %s", response.request_key, error)


def _rest(answers: Iterator[Response], error: BaseException) -> Iterator[Response]:
    """Yield what a model still has after an error."""
    if not isinstance(answers, Generator):
        return
    try:
        yield answers.throw(error)
        yield from answers
    except BaseException as raised:
        if raised is not error:
            raise


@dataclass(frozen=True)
class _Reader:
    """The reader of responses about several images, or about one."""

    answer_format: AnswerFormat
    thought_tags: Sequence[str]

    def answers(self, response: Response, images: int) -> dict[int, Response]:
        """Return the response about each image, by position.

        An image that the answer lacks has none.
        """
        same = dict.fromkeys(range(1, images + 1), response)
        # The next run repeats a request that failed; asking its images alone now would fail as well.
        if response.status == "error":
            return same
        if response.text is None:
            # A refusal of many images may be about one of them.
            return same if images == 1 or self.answer_format == "text" else {}
        whole = unwrapped(response.text, self.thought_tags)
        if self.answer_format == "text":
            # A text of thoughts and special tokens alone is no answer.
            return same if whole else {}
        answers = read_answers(response.text, images, self.thought_tags)
        # A pair of JSON that was cut off later is complete; a text without JSON is not.
        return {
            position: replace(response, status=response.status if text == whole else "ok", text=text)
            for position, text in answers.items()
        }


class _Asking:
    """The rows, one for each image, and the requests under way."""

    def __init__(self, store: ResponseStore, reader: _Reader, asks_again_alone: bool, progress: Progress) -> None:
        self.rows: list[dict[str, Any]] = []
        self.queue: deque[Request] = deque()
        self.made = self.sent = 0
        self._store = store
        self._reader = reader
        self._asks_again_alone = asks_again_alone
        self._progress = progress
        # By request key, the rows that wait for its response. A request is kept with them only if one of its images may
        # be asked about again alone: requests hold image bytes, and memory must not grow with their number.
        self._under_way: dict[str, list[tuple[Request | None, list[int]]]] = {}

    def unanswered(self, requests: Iterable[Request]) -> Iterator[Request]:
        """Yield the requests to send, those about one image again first."""
        for request in requests:
            first = len(self.rows)
            for position, image_id in enumerate(request.image_ids, start=1):
                self.rows.append({"image_id": image_id, "run": request.run, "position": position})
            self._ask(request, list(range(first, len(self.rows))))
            yield from self._queued()
        yield from self._queued()

    def settle(self, response: Response) -> None:
        """Fill the rows of a response, or queue an image's request alone."""
        for request, rows in self._under_way.pop(response.request_key, ()):
            self._fill(request, rows, response, found=False)

    def _queued(self) -> Iterator[Request]:
        while self.queue:
            self.sent += 1
            yield self.queue.popleft()

    def _ask(self, request: Request, rows: list[int]) -> None:
        self.made += 1
        key = request.request_key
        # An image that was alone in its request is not asked about again: the request would be the same.
        held = request if self._asks_again_alone and self._reader.answer_format == "json" and len(rows) > 1 else None
        if key in self._store:
            # Earlier versions stored thoughts within the text, and a model's tags may have been another setting then.
            self._fill(held, rows, self._store[key].without_thoughts(self._reader.thought_tags), found=True)
        elif key in self._under_way:
            # Two images with the same bytes make the same request: it is sent once.
            self._under_way[key].append((held, rows))
        else:
            self._under_way[key] = [(held, rows)]
            self.queue.append(request)

    def _fill(self, request: Request | None, rows: list[int], response: Response, *, found: bool) -> None:
        answers = self._reader.answers(response, len(rows))
        for position, row in enumerate(rows, start=1):
            if position not in answers and request is not None:
                self._ask(request.alone(position), [row])
            else:
                answer = answers.get(position) or response.without_answer()
                self.rows[row] |= asdict(answer) | {"images_in_request": len(rows)}
                self._progress.add(found=found)


def require_answers(responses: pl.DataFrame, max_error_share: float) -> None:
    """Raise if too many rows of a Responses frame are errors.

    An unreadable answer is no error.

    Raises:
        UserError: the share of errors is larger than `max_error_share`.
    """
    errors = responses.filter(pl.col("status") == "error")
    if len(errors) > max_error_share * len(responses):
        found = f"errors in {len(errors)} of {len(responses)} responses, first {errors['error'].item(0)}"
        # The store keeps no error as final, so a new run sends exactly what failed.
        remedy = "run again to send only the failed requests (every answer is kept), or raise max_error_share"
        raise mistake(
            "responses",
            "max_error_share",
            f"a share of errors of at most {max_error_share:g}",
            found,
            remedy,
        )
