"""Models behind OpenAI's API, or behind a server that understands it."""

import asyncio
import json
import logging
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Self

import openai

from imeval.asking.chat import Chat
from imeval.asking.exchange import Request, Response
from imeval.asking.spending import Account
from imeval.base.errors import UserError, mistake
from imeval.models.api import clients, failures, replies, retries
from imeval.models.api.batches import BatchChat, SubmittedBatches
from imeval.models.api.openai_api import Settings
from imeval.models.api.paid_chat import PaidChat, Prepared
from imeval.models.facts import Backend

BACKEND = Backend(
    rules=("answer", "answer_choices"),
    over_http=True,
    paid=True,
)

__all__ = ["OpenAIChat", "Settings", "load"]

_MOST_ERRORS_IN_A_ROW = 100
"""After this many the server is taken to be down, and the job stops."""


LAST_SECONDS = 20.0
"""How long answers under way are waited for after Ctrl-C or SIGTERM."""


class _Stopped(Exception):
    """A request left unsent, as the job is ending."""


class OpenAIChat(PaidChat):
    """A chat model that answers `concurrency` requests at a time.

    Memory holds these requests and as many that wait.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._errors_in_a_row = 0

    def answer(self, requests: Iterable[Request]) -> Iterator[Response]:
        """Answer requests and yield each response as it arrives.

        The next request is taken when another is answered. A request that an earlier batch answered is not sent.

        Raises:
            UserError: there is no key, the address is not safe, every request would meet the same error, a batch under
                way holds a request, or `max_usd` is reached. The requests under way are answered first.
        """
        failure: BaseException | None = None
        submitted = SubmittedBatches(self._settings)
        with _Sender(self._settings, self._account) as sender:
            try:
                for request in requests:
                    if response := submitted.response(request.request_key):
                        yield self._account.add(response)
                        continue
                    prepared = self._prepared(request)
                    if isinstance(prepared, Response):
                        yield prepared
                        continue
                    sender.batches_usd = submitted.usd_under_way
                    self._account.require(sender.batches_usd + sender.usd, prepared.usd)
                    sender.send(prepared)
                    # Twice `concurrency`: a free slot is filled by a waiting request while a response is being stored.
                    if len(sender) == 2 * self._settings.concurrency:
                        yield from self._next(sender)
            except GeneratorExit:
                raise
            # Also if the next picture cannot be read, by Ctrl-C, or thrown in by a full disk: what is under way has
            # been paid for.
            except BaseException as error:
                failure = error
                sender.stop()
            yield from self._rest(sender, failure)

    def _rest(self, sender: "_Sender", failure: BaseException | None) -> Iterator[Response]:
        """Yield the responses under way, then raise the first failure, if any.

        After Ctrl-C or SIGTERM this takes `LAST_SECONDS` at most, as a scheduler soon kills the job.
        """
        until = _last_moment(failure)
        while len(sender):
            try:
                yield from self._next(sender, until)
            except Empty:
                logging.warning("%d requests may be billed, and are sent again by the next run", len(sender))
                break
            except _Stopped:
                pass
            except Exception as error:
                failure = failure or error
                sender.stop()
            except (SystemExit, KeyboardInterrupt) as error:
                if until is not None:
                    raise
                failure, until = failure or error, _last_moment(error)
                sender.stop()
        if failure:
            raise failure

    def _next(self, sender: "_Sender", until: float | None = None) -> Iterator[Response]:
        """Yield the next response, which is under way until it is stored."""
        future = sender.finished(until)
        try:
            response = self._checked(future.result())
        except (UserError, _Stopped):
            sender.forget(future)
            raise
        yield response
        sender.forget(future)

    def _checked(self, response: Response) -> Response:
        self._account.add(response)
        self._errors_in_a_row = self._errors_in_a_row + 1 if response.status == "error" else 0
        if self._errors_in_a_row == _MOST_ERRORS_IN_A_ROW:
            where, remedy = f"models: {self._settings.base_url}", "check the server, and run again"
            found = f"{_MOST_ERRORS_IN_A_ROW} errors in a row, last {response.error}"
            raise mistake(where, "server", "answers", found, remedy)
        return response


@dataclass
class _Sent:
    """A request under way; `lost` counts attempts without an answer."""

    request_key: str
    body: bytes
    usd: float
    lost: int = 0


class _Sender:
    """Requests under way, sent by an event loop in a thread.

    The thread keeps sending while the caller writes a response to the disk.
    """

    def __init__(self, settings: Settings, account: Account) -> None:
        self._settings = settings
        self._account = account
        self.batches_usd = 0.0
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._under_way: dict[Future[Response], _Sent] = {}
        self._answered = False
        self._finished: SimpleQueue[Future[Response]] = SimpleQueue()

    def __enter__(self) -> Self:
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for future in list(self._under_way):
            future.cancel()
        # Without any request the client was never made.
        if "_client" in self.__dict__:
            asyncio.run_coroutine_threadsafe(self._client.close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __len__(self) -> int:
        """Return the number of requests under way."""
        return len(self._under_way)

    @property
    def usd(self) -> float:
        """Return the most dollars that the requests under way can cost."""
        # A list, as another thread may add to the requests meanwhile.
        return sum(sent.usd * (1 + sent.lost) for sent in list(self._under_way.values()))

    def send(self, prepared: Prepared) -> None:
        """Send a request.

        Raises:
            UserError: there is no key, or the address is not safe.
        """
        # Encoded once for all attempts; the library's own encoding takes as long as everything else together.
        sent = _Sent(prepared.request_key, json.dumps(prepared.body).encode(), prepared.usd)
        future = asyncio.run_coroutine_threadsafe(self._ask(self._client, sent), self._loop)
        self._under_way[future] = sent
        future.add_done_callback(self._finished.put)

    def finished(self, until: float | None) -> Future[Response]:
        """Wait for the next request that is answered.

        Its result is the response. It raises UserError if every request would meet the same error, and `_Stopped` if
        the request was not sent, or not sent again.

        Raises:
            Empty: none was until this moment of the monotonic clock.
        """
        return self._finished.get(timeout=None if until is None else max(0.0, until - time.monotonic()))

    def forget(self, future: Future[Response]) -> None:
        """Count a request as under way no longer."""
        del self._under_way[future]

    def stop(self) -> None:
        """Start no further attempts, but finish those under way."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        # What stopped the job may have come just when a response was taken: take again what was not forgotten.
        self._finished = SimpleQueue()
        for future in self._under_way:
            future.add_done_callback(self._finished.put)

    # Made for the first request only: a job that finds all responses in the store needs no key.
    @cached_property
    def _client(self) -> openai.AsyncOpenAI:
        return clients.async_client(self._settings)

    async def _ask(self, client: openai.AsyncOpenAI, sent: "_Sent") -> Response:
        retrying = retries.async_retrying(self._settings, self._pause)
        try:
            async with self._slots:
                response: Response = await retrying(self._attempt, client, sent)
                self._answered = True
        except _Stopped:
            raise
        # Whatever else a server brings about is the error of its request.
        except Exception as error:
            if failure := failures.fatal(self._settings, error, answered=self._answered):
                # Stop the others here: the caller would do so only when it receives this response.
                self._stopping.set()
                raise failure from None
            response = failures.failed(self._settings, sent.request_key, error)
            # Of an answer that nobody can use the tokens are known, so it counts as paid and not as lost.
            sent.lost -= response.output_tokens is not None
        return replace(response, attempts=retrying.statistics["attempt_number"], lost_usd=sent.lost * sent.usd)

    async def _attempt(self, client: openai.AsyncOpenAI, sent: "_Sent") -> Response:
        if self._stopping.is_set():
            raise _Stopped
        if sent.lost:
            # Its lost attempts, and the most that this one can cost, are among what is under way.
            self._account.require(self.batches_usd + self.usd, 0.0)
        try:
            return await self._reply(client, sent)
        except Exception as error:
            sent.lost += retries.may_be_billed(error)
            raise

    async def _reply(self, client: openai.AsyncOpenAI, sent: "_Sent") -> Response:
        # The library's time-out limits only the wait for each packet, and a server may keep sending slowly.
        async with asyncio.timeout(self._settings.timeout):
            received = await client.post("/chat/completions", content=sent.body, cast_to=bytes)
        return replies.response(sent.request_key, replies.parsed(received), self._settings.max_new_tokens)

    async def _pause(self, seconds: float) -> None:
        """Wait before the next attempt, at most until the job stops."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)


def _last_moment(failure: BaseException | None) -> float | None:
    """Return when to wait no longer, None for no limit."""
    return None if failure is None or isinstance(failure, Exception) else time.monotonic() + LAST_SECONDS


def load(settings: Settings) -> Chat:
    """Return a chat model that is asked directly or in batches.

    Raises:
        UserError: `max_usd` is set without prices.
    """
    return BatchChat(settings) if settings.batch else OpenAIChat(settings)
