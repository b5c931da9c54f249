"""The queue of an account, which has limited room for batches."""

import logging
import time
from collections.abc import Sequence

from openai.types import Batch

from imeval.base.errors import mistake
from imeval.models.api import batch_api
from imeval.models.api.batch_journal import Entry
from imeval.models.api.openai_api import Settings

MOST_REQUESTS = 50_000
"""The most requests in one batch, by OpenAI's rule."""

_FULL = frozenset({"token_limit_exceeded", "enqueued_token_limit_exceeded", "queue_full"})
_LONGEST_PAUSE = 3600.0
_LONGEST_WAIT = 48 * 3600.0


def is_full(batch: Batch) -> bool:
    """Return whether a batch failed because the queue was full.

    Nothing of it ran, and nothing of it was paid for.
    """
    return batch.status == "failed" and any(error.code in _FULL for error in batch_api.errors(batch))


class Queue:
    """What the account's queue takes, as far as it has shown.

    `batches` is how many batches are submitted at once, None without a limit; `requests` is the most in one of them.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pause = settings.batch_poll
        self._waited = 0.0
        self.batches: int | None = None
        self.requests = MOST_REQUESTS

    def note(self, accepted: int, refused: Sequence[Entry]) -> None:
        """Learn from batches that ended, and wait if none was accepted.

        Without room for one batch of ours, batches of other jobs fill the queue, or ours is too large: it is halved.

        Raises:
            UserError: there was no room for two days.
        """
        if not refused:
            self._pause, self._waited = self._settings.batch_poll, 0.0
            self.batches = None if self.batches is None else self.batches + 1
            return
        self.batches = max(accepted, 1)
        if not accepted:
            self.requests = max(1, min(len(entry.request_keys) for entry in refused) // 2)
            self._wait()

    def _wait(self) -> None:
        if self._waited >= _LONGEST_WAIT:
            where, remedy = f"models: {self._settings.base_url}", "run again later; every answer is kept"
            raise mistake(where, "batch", "room in the API's queue of batches", "none for two days", remedy)
        logging.info("The API's queue of batches is full: trying again in %.0f s", self._pause)
        time.sleep(self._pause)
        self._waited += self._pause
        self._pause = min(2 * self._pause, _LONGEST_PAUSE)
