"""OpenAI's endpoints for files and batches, and their result lines."""

import logging
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import IO, Any, Final, TypeVar

import openai
from openai.types import Batch, BatchError

from imeval.asking.exchange import Response, whole_number
from imeval.base.errors import UserError
from imeval.models.api import clients, failures, replies, retries
from imeval.models.api.batch_journal import FINAL, Entry
from imeval.models.api.failures import Problem
from imeval.models.api.openai_api import Settings
from imeval.models.api.replies import Malformed, Unusable

T = TypeVar("T")

PATH: Final = "/v1/chat/completions"
"""The endpoint to which each request of a batch belongs."""

# The keys of a batch's metadata at the API.
_TAG, _USD = "imeval_tag", "imeval_usd"
# Found even in a line that is no JSON.
_CUSTOM_ID = re.compile(rb'"custom_id"\s*:\s*"([0-9a-f]{64})"')


@dataclass(frozen=True)
class Line:
    """A line of a batch's results.

    `status` is 0 without a response: the request was never run, as the batch expired or was cancelled. `problem` is why
    the line cannot be read, if it cannot.
    """

    request_key: str
    status: int = 0
    body: Any = None
    problem: str | None = None


class Gone(UserError):
    """An HTTP 404 for a batch or for one of its files."""


class BatchApi:
    """The endpoints for files and batches.

    Failures that may pass are tried again. Every method raises UserError when the last attempt has failed, and `Gone`
    after an HTTP 404.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    # Made for the first call only: a job that finds all responses in the store needs no key.
    @cached_property
    def _client(self) -> openai.OpenAI:
        return clients.client(self._settings)

    def create(self, entry: Entry, file: IO[bytes]) -> Batch:
        """Upload requests and create their batch, only once."""
        uploaded = self._tried(lambda _: self._upload(file))

        def created(attempt: int) -> Batch:
            # The reply to the last attempt may have been lost after the batch was made: look before paying twice.
            found = self._tagged({entry.tag}).get(entry.tag) if attempt > 1 else None
            return found or _known(
                self._client.batches.create(
                    input_file_id=uploaded,
                    endpoint=PATH,
                    completion_window="24h",
                    metadata={_TAG: entry.tag, _USD: repr(entry.usd)},
                )
            )

        return self._tried(created)

    def tagged(self, tags: Collection[str]) -> dict[str, Batch]:
        """Return the batches with these tags, by tag."""
        return self._tried(lambda _: self._tagged(tags))

    def batch(self, entry: Entry) -> Batch:
        """Return the present state of a batch."""
        return self._tried(lambda _: _known(self._client.batches.retrieve(str(entry.batch_id))))

    def results(self, batch: Batch) -> Iterator[Line]:
        """Yield the lines of a batch's files, answers before errors.

        A line without the key of a request is logged and left out.
        """
        for file_id in filter(None, (batch.output_file_id, batch.error_file_id)):
            for number, content in enumerate(self._content(file_id).splitlines(), start=1):
                if line := read_line(content, self._settings.max_response_megabytes):
                    yield line
                else:
                    logging.warning("Batch %s: line %d of %s names no request", batch.id, number, file_id)

    def restored(self, entry: Entry, batch: Batch) -> Entry:
        """Return an entry with what the API knows of its batch."""
        if entry.request_keys:
            return replace(entry, batch_id=batch.id)
        named = map(_CUSTOM_ID.search, self._content(batch.input_file_id).splitlines())
        keys = tuple(name[1].decode() for name in named if name)
        usd = _dollars((batch.metadata or {}).get(_USD))
        status = batch.status if batch.status in FINAL else None
        return replace(entry, request_keys=keys, usd=usd, batch_id=batch.id, status=status)

    def _upload(self, file: IO[bytes]) -> str:
        # An attempt that failed has read the file to its end.
        file.seek(0)
        return self._client.files.create(file=("requests.jsonl", file), purpose="batch").id

    def _content(self, file_id: str) -> bytes:
        return self._tried(lambda _: self._client.files.content(file_id).content)

    def _tagged(self, tags: Collection[str]) -> dict[str, Batch]:
        found: dict[str, Batch] = {}
        # Page by page to the end: times of the API and of this machine cannot be compared.
        for batch in self._client.batches.list(limit=100):
            tag = (batch.metadata or {}).get(_TAG)
            if tag in tags:
                found[str(tag)] = batch
                if len(found) == len(tags):
                    break
        return found

    def _tried(self, call: Callable[[int], T]) -> T:
        """Retry a call that takes the number of the attempt."""
        retrying = retries.retrying(self._settings)
        try:
            return retrying(lambda: call(retrying.statistics["attempt_number"]))
        except openai.NotFoundError as error:
            raise Gone(str(failures.batch_failure(self._settings, error))) from None
        except UserError:
            # Of the client: there is no key, or the address is not safe.
            raise
        # The library builds its objects from whatever came: an attribute may be missing, or of another type.
        except Exception as error:
            raise failures.batch_failure(self._settings, error) from None


def _known(batch: Any) -> Batch:
    """Return what the library read as a batch, if it is one."""
    if isinstance(batch, Batch) and isinstance(batch.id, str) and isinstance(batch.status, str):
        return batch
    raise Malformed(f"no batch: {replies.shown(str(batch))}")


def errors(batch: Batch) -> list[BatchError]:
    """Return why a batch failed as a whole, as far as known."""
    return (batch.errors.data or []) if batch.errors else []


def _dollars(text: str | None) -> float:
    try:
        return max(0.0, float(text or ""))
    except ValueError:
        # A batch of an earlier version.
        return 0.0


def read_line(content: bytes, most_megabytes: float = 10.0) -> Line | None:
    """Read a line of a batch's results.

    It is None if it names no request.
    """
    named = _CUSTOM_ID.search(content)
    request_key = named[1].decode() if named else None
    try:
        if len(content) > most_megabytes * 1_000_000:
            raise Malformed(f"a line of more than {most_megabytes:g} MB")
        line = replies.parsed(content)
        given = line.get("custom_id") if isinstance(line, dict) else None
        request_key = given if isinstance(given, str) else request_key
        received = (line.get("response") or {}) if isinstance(line, dict) else None
        if not isinstance(received, dict):
            raise Malformed(f"no line of a batch: {replies.shown(line)}")
    except Malformed as error:
        return Line(request_key, problem=str(error)) if request_key else None
    status = whole_number(received.get("status_code")) or 0
    return Line(request_key, status, received.get("body")) if request_key else None


def batch_response(settings: Settings, line: Line) -> Response | None:
    """Return the response of a result line.

    Return None if the request should go into another batch.
    """
    request_key = line.request_key
    if line.problem:
        return failures.not_answered(settings, request_key, None, line.problem)
    if line.status == 200:
        try:
            return replies.response(request_key, line.body, settings.max_new_tokens)
        except Unusable as error:
            # It has been paid for, and would be again.
            return failures.failed(settings, request_key, error)
        except Malformed:
            return None
    if line.status < 400 or retries.may_pass(line.status):
        return None
    problem = Problem.read(line.status, line.body)
    return failures.not_answered(settings, request_key, problem, f"HTTP {line.status}: {replies.shown(line.body)}")
