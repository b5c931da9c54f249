"""OpenAI's endpoints for files and batches, and their result lines."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import IO, Final, TypeVar

import openai
from openai.types import Batch

from imeval.asking.exchange import Response
from imeval.base.errors import UserError
from imeval.models.api import clients, completions, failures, retries
from imeval.models.api.batch_journal import Entry
from imeval.models.api.completions import Json, Malformed
from imeval.models.api.openai_api import Settings

T = TypeVar("T")

PATH: Final = "/v1/chat/completions"
"""The endpoint to which each request of a batch belongs."""

# The key of the tag in a batch's metadata at the API.
_TAG = "imeval_tag"
_CLOCKS_DIFFER_BY = 3600  # seconds between this machine's clock and the API's, at most


class Gone(UserError):
    """An HTTP 404 for a batch or for one of its files."""


class BatchApi:
    """The endpoints for files and batches.

    Failures that may pass are tried again. Every method raises UserError when the last attempt has failed, and `Gone`
    after an HTTP 404.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client = clients.client(settings)

    def create(self, entry: Entry, file: IO[bytes]) -> Batch:
        """Upload requests and create their batch, only once."""
        uploaded = self._tried(lambda _: self._upload(file))

        def created(attempt: int) -> Batch:
            # The reply to the last attempt may have been lost after the batch was made: look before paying twice.
            found = self.tagged(entry) if attempt > 1 else None
            return found or self._client.batches.create(
                input_file_id=uploaded, endpoint=PATH, completion_window="24h", metadata={_TAG: entry.tag}
            )

        return self._tried(created)

    def tagged(self, entry: Entry) -> Batch | None:
        """Return the batch with an entry's tag, if any."""
        return self._tried(lambda _: self._newest_tagged(entry))

    def batch(self, entry: Entry) -> Batch:
        """Return the present state of a batch."""
        return self._tried(lambda _: self._client.batches.retrieve(str(entry.batch_id)))

    def results(self, batch: Batch) -> Iterator[Json]:
        """Yield the lines of a batch's files, answers before errors."""
        for file_id in filter(None, (batch.output_file_id, batch.error_file_id)):
            yield from map(completions.parsed, self._content(file_id).splitlines())

    def _upload(self, file: IO[bytes]) -> str:
        # An attempt that failed has read the file to its end.
        file.seek(0)
        return self._client.files.create(file=("requests.jsonl", file), purpose="batch").id

    def _content(self, file_id: str) -> bytes:
        return self._tried(lambda _: self._client.files.content(file_id).content)

    def _newest_tagged(self, entry: Entry) -> Batch | None:
        # The API lists the newest first, page by page: stop at batches older than the entry.
        for batch in self._client.batches.list(limit=100):
            if (batch.metadata or {}).get(_TAG) == entry.tag:
                return batch
            if batch.created_at < entry.written - _CLOCKS_DIFFER_BY:
                return None
        return None

    def _tried(self, call: Callable[[int], T]) -> T:
        """Retry a call that takes the number of the attempt."""
        retrying = retries.retrying(self._settings)
        try:
            return retrying(lambda: call(retrying.statistics["attempt_number"]))
        except openai.NotFoundError as error:
            raise Gone(str(failures.batch_failure(self._settings, error))) from None
        except openai.APIError as error:
            raise failures.batch_failure(self._settings, error) from None


def batch_response(settings: Settings, line: Json) -> Response | None:
    """Return the response of a result line.

    Return None if the request should go into another batch.
    """
    request_key, received = line["custom_id"], line.get("response") or {}
    # Without a response (0) the request never ran: the batch expired or was cancelled.
    status = received.get("status_code", 0)
    if status == 200:
        with suppress(Malformed):
            return completions.response(request_key, received["body"])
    if status < 400 or retries.may_pass(status):
        return None
    error = (received.get("body") or {}).get("error") or {}
    return failures.not_answered(settings, request_key, error.get("code"), f"HTTP {status}: {error}")
