"""Models behind OpenAI's API, or a server that speaks it, asked many requests at once."""

import asyncio
import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from queue import SimpleQueue
from threading import Thread
from typing import Self

import openai
import tenacity

from imeval.asking.chat import Chat
from imeval.asking.exchange import Request, Response
from imeval.asking.prompts import Message
from imeval.base.errors import UserError, mistake
from imeval.models.api import openai_api
from imeval.models.api.openai_api import Malformed, Settings
from imeval.models.api.openai_batch import BatchChat, Submitted
from imeval.models.facts import Backend

BACKEND = Backend(
    rules=("answer", "answer_choices"),
    over_http=True,
    paid=True,
)

__all__ = ["OpenAIChat", "Settings", "load"]

_HOPELESS = 100
"""After so many errors in a row none of the rest would get an answer either."""


class _Stopped(Exception):
    """The job is ending, and a request was not sent again."""


class OpenAIChat:
    """A chat model asked `concurrency` requests at a time; memory holds these and as many that come next."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._budget = openai_api.budget(settings)
        self._bill = openai_api.Bill(settings)
        self._errors_in_a_row = 0

    @property
    def identity(self) -> str:
        """The model's name and revision, and how it decodes."""
        return openai_api.identity(self._settings)

    def rendered(self, messages: Sequence[Message]) -> str:
        """Return messages as they are sent, for a person to read."""
        return openai_api.rendered(self._settings, messages)

    def paid(self) -> str:
        """Say how many dollars the answers have cost so far."""
        return self._bill.said()

    def answer(self, requests: Iterable[Request]) -> Iterator[Response]:
        """Answer requests, taking each as another is answered and yielding each answer as it comes.

        What a batch answered that was submitted before is not asked again.

        Raises:
            UserError: no key, an address that is not safe, a failure that every request would meet, a batch that holds
                a request has not ended, or `max_usd` is reached; once all that is under way is answered.
        """
        failure = None
        submitted = Submitted(self._settings)
        under_way = submitted.usd()
        with _Sender(self._settings) as sender:
            try:
                for request in requests:
                    if response := submitted.response(request.request_key):
                        yield self._bill.add(response)
                        continue
                    self._send(sender, request, under_way)
                    # As many again wait for a slot: it is filled while an answer is being kept.
                    if len(sender) == 2 * self._settings.concurrency:
                        yield self._received(sender)
            except UserError as error:
                failure = error
                sender.stop()
            yield from self._rest(sender, failure)

    def _rest(self, sender: "_Sender", failure: UserError | None) -> Iterator[Response]:
        while len(sender):
            try:
                yield self._received(sender)
            except UserError as error:
                failure = failure or error
                sender.stop()
            except _Stopped:
                pass
        if failure:
            raise failure

    def _send(self, sender: "_Sender", request: Request, batches_usd: float) -> None:
        usd = openai_api.most_it_can_cost(self._settings, request) if self._budget else 0.0
        if self._budget:
            self._budget.require(batches_usd + sender.usd, usd)
        sender.send(request, usd)

    def _received(self, sender: "_Sender") -> Response:
        response = self._bill.add(sender.receive())
        self._errors_in_a_row = self._errors_in_a_row + 1 if response.status == "error" else 0
        if self._errors_in_a_row == _HOPELESS:
            where, remedy = f"models: {self._settings.base_url}", "see that the server is well, and run again"
            raise mistake(where, "server", "answers", f"{_HOPELESS} errors in a row, last {response.error}", remedy)
        return response


class _Sender:
    """Requests under way, sent by a thread of its own: keeping an answer on the disk holds up no other."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._under_way: dict[Future[Response], float] = {}
        self._finished: SimpleQueue[Future[Response]] = SimpleQueue()

    def __enter__(self) -> Self:
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for future in list(self._under_way):
            future.cancel()
        if "_client" in self.__dict__:
            asyncio.run_coroutine_threadsafe(self._client.close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __len__(self) -> int:
        """Return how many requests are under way."""
        return len(self._under_way)

    @property
    def usd(self) -> float:
        """What the requests under way can cost at most."""
        return sum(self._under_way.values())

    def send(self, request: Request, usd: float) -> None:
        """Send a request that can cost so much.

        Raises:
            UserError: no key, or an address that is not safe.
        """
        # Encoded here once, whatever the number of attempts; the library's own encoding takes as long as all the rest.
        sent = json.dumps(openai_api.body(self._settings, request)).encode()
        asking = self._ask(self._client, request.request_key, sent)
        future = asyncio.run_coroutine_threadsafe(asking, self._loop)
        self._under_way[future] = usd
        future.add_done_callback(self._finished.put)

    def receive(self) -> Response:
        """Wait for the next answer.

        Raises:
            UserError: a failure that every request would meet.
            _Stopped: the request was not sent again.
        """
        future = self._finished.get()
        del self._under_way[future]
        return future.result()

    def stop(self) -> None:
        """Make no further attempts; what has been sent is still answered."""
        self._loop.call_soon_threadsafe(self._stopping.set)

    @cached_property
    def _client(self) -> openai.AsyncOpenAI:
        return openai_api.async_client(self._settings)

    async def _ask(self, client: openai.AsyncOpenAI, request_key: str, sent: bytes) -> Response:
        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(self._worth_another_attempt),
            wait=openai_api.seconds_to_wait,
            stop=tenacity.stop_after_attempt(self._settings.max_attempts),
            sleep=self._pause,
            reraise=True,
        )
        try:
            async with self._slots:
                response: Response = await retrying(self._attempt, client, request_key, sent)
        except (openai.APIError, TimeoutError, Malformed) as error:
            if failure := openai_api.hopeless(self._settings, error):
                self._stopping.set()
                raise failure from None
            response = openai_api.failed(self._settings, request_key, error)
        return replace(response, attempts=retrying.statistics["attempt_number"])

    async def _attempt(self, client: openai.AsyncOpenAI, request_key: str, sent: bytes) -> Response:
        if self._stopping.is_set():
            raise _Stopped
        # The library's own time-out bounds each packet; a server may send one every now and then.
        async with asyncio.timeout(self._settings.timeout):
            received = await client.post("/chat/completions", content=sent, cast_to=bytes)
        return openai_api.response(request_key, openai_api.parsed(received))

    def _worth_another_attempt(self, error: BaseException) -> bool:
        if isinstance(error, openai.APIConnectionError) and openai_api.hopeless(self._settings, error):
            return False
        return openai_api.worth_another_attempt(error)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)


def load(settings: Settings) -> Chat:
    """Return the chat model, asked directly or, at half the price and within a day, in batches.

    Raises:
        UserError: `max_usd` without prices.
    """
    return BatchChat(settings) if settings.batch else OpenAIChat(settings)
