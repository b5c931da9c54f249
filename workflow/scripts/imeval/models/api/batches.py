"""Models behind OpenAI's batch API.

No request is paid for twice. A batch is written to the journal before the API has it, with a tag that the API keeps
too. After a kill, the next job finds the batch in the journal, or at the API by its tag, and waits for it. One job at a
time submits: it looks for what others submitted, weighs `max_usd` and creates its batches under the journal's lock.
"""

import json
import logging
import time
import uuid
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from itertools import islice
from tempfile import TemporaryFile
from typing import IO

from openai.types import Batch

from imeval.asking.exchange import Request, Response, whole_number
from imeval.base.errors import UserError, mistake, some
from imeval.base.progress import Progress
from imeval.models.api import batch_api, batch_queue, failures, refusals
from imeval.models.api.batch_api import BatchApi, Gone
from imeval.models.api.batch_journal import ABSENT, FINAL, Entry, Journal
from imeval.models.api.batch_queue import Queue
from imeval.models.api.openai_api import Settings
from imeval.models.api.paid_chat import PaidChat, Prepared

CREATION_SECONDS = 5.0
"""The time that an API may need to create a batch after its job was killed."""


class BatchChat(PaidChat):
    """A chat model asked by batches.

    Requests wait on the disk, not in memory.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._journal = Journal(settings.store)
        self._api = BatchApi(settings)
        self._refusal: UserError | None = None

    def answer(self, requests: Iterable[Request]) -> Iterator[Response]:
        """Answer requests from batches under way and from new ones.

        What an expired or partly failed batch left open goes into another one, up to `max_attempts` batches in a run. A
        batch of another job yields only the responses to `requests`.

        Raises:
            UserError: there is no key, the address is not safe, the API fails, a batch failed as a whole or was
                cancelled, or `max_usd` is reached. The next run then waits for the batches under way.
        """
        with TemporaryFile(dir=self._settings.store) as file:
            spool = _Spool(self._settings, file)
            for request in requests:
                prepared = self._prepared(request)
                if isinstance(prepared, Response):
                    yield prepared
                else:
                    spool.add(prepared)
            if spool.lacking:
                yield from self._rounds(spool)

    def _rounds(self, spool: "_Spool") -> Iterator[Response]:
        attempts = 0
        queue = Queue(self._settings)
        collected: set[str] = set()
        asked = len(spool.lacking)
        progress = Progress("requests in batches", asked)
        while attempts < self._settings.max_attempts:
            lacking = len(spool.lacking)
            waiting, failure = self._joined(spool, queue, collected)
            refused: list[Entry] = []
            for entry, batch in self._ended(waiting, progress, asked - lacking):
                yield from self._responses(spool, entry, batch)
                # Not before: a job that is killed while it stores the responses must find the batch under way.
                self._journal.end(entry, batch.status)
                collected.add(entry.tag)
                if batch_queue.is_full(batch):
                    refused.append(entry)
                else:
                    _require_whole(self._settings, entry, batch)
            if found := failure or self._refusal:
                raise found
            if not spool.lacking:
                return
            # A batch for which there was no room has tried nothing, nor has one that waits for its turn, nor one that
            # had ended before this run: with `max_attempts: 1` no run would ever submit the rest again.
            tried = any(entry.under_way for entry in waiting) and not refused
            attempts += tried and (queue.batches is None or len(spool.lacking) == lacking)
            queue.note(len(waiting) - len(refused), refused)
        for request_key in sorted(spool.lacking):
            yield Response(request_key, "error", error="no batch answered it", attempts=self._settings.max_attempts)

    def _joined(self, spool: "_Spool", queue: Queue, collected: Container[str]) -> tuple[list[Entry], UserError | None]:
        """Return the batches to wait for, and why one was not submitted.

        They hold requests without a response. Those that no batch holds are submitted, whichever job asked first.

        Args:
            spool: the requests of this job.
            queue: what the account's queue takes.
            collected: the tags of batches whose responses this job has.
        """
        with self._journal.locked():
            others = (entry for entry in _known(self._journal, self._api) if entry.tag not in collected)
            waiting = [entry for entry in others if not spool.lacking.isdisjoint(entry.request_keys)]
            return waiting, self._submit(spool, waiting, queue)

    def _submit(self, spool: "_Spool", waiting: list[Entry], queue: Queue) -> UserError | None:
        """Submit requests that no batch holds, and extend `waiting`.

        An error is returned, to be raised after the submitted batches have been answered: they are paid for.
        """
        held = {request_key for entry in waiting for request_key in entry.request_keys}
        try:
            for request_keys in islice(spool.chunks(held, queue.requests), queue.batches):
                waiting.append(self._created(spool, request_keys))
        except UserError as error:
            return error
        return None

    def _created(self, spool: "_Spool", request_keys: tuple[str, ...]) -> Entry:
        usd = spool.usd(request_keys)
        if self._account.limited:
            self._account.require(self._journal.usd_under_way(), usd)
        entry = Entry(uuid.uuid4().hex, request_keys, usd, time.time())
        self._journal.add(entry)
        with spool.file(request_keys) as file:
            batch = self._api.create(entry, file)
        logging.info("Submitted batch %s with %d requests", batch.id, len(request_keys))
        created = replace(entry, batch_id=batch.id)
        self._journal.write(created)
        return created

    def _ended(self, entries: Sequence[Entry], progress: Progress, before: int) -> Iterator[tuple[Entry, Batch]]:
        """Yield each batch when it has ended.

        `before` counts the requests of `progress` that earlier rounds answered.
        """
        waiting = list(entries)
        processed: dict[str, int] = {}
        while waiting:
            for entry in tuple(waiting):
                batch = self._api.batch(entry)
                processed[entry.tag] = _processed(batch)
                if batch.status in FINAL:
                    waiting.remove(entry)
                    yield entry, batch
            progress.reach(before + sum(processed.values()))
            if waiting:
                time.sleep(self._settings.batch_poll)

    def _responses(self, spool: "_Spool", entry: Entry, batch: Batch) -> Iterator[Response]:
        """Yield a batch's responses to the requests that lack one."""
        submissions = self._journal.submissions()
        answered, refusal = False, None
        for line in self._api.results(batch):
            if line.request_key not in spool.lacking:
                continue
            response = batch_api.batch_response(self._settings, line)
            answered |= line.status == 200
            refusal = refusal or refusals.stopping(self._settings, line.status, line.body)
            # An error of a batch that had ended before this run is no response: its request is sent again.
            if response and (response.status != "error" or entry.under_way):
                spool.lacking.remove(line.request_key)
                attempts = submissions[line.request_key]
                yield self._account.add(replace(response, attempts=attempts, batched=True, batch=batch.id))
        # A parameter with which some requests were answered is not refused to all.
        if entry.under_way and not answered:
            self._refusal = self._refusal or refusal


class SubmittedBatches:
    """Responses of earlier batches, for a model that is now asked directly."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._journal = Journal(settings.store)
        self._api = BatchApi(settings)
        self._answered: dict[str, dict[str, Response]] = {}

    @cached_property
    def usd_under_way(self) -> float:
        """The most dollars that the batches under way can cost."""
        return sum(entry.usd for entry in self._entries if entry.under_way)

    def response(self, request_key: str) -> Response | None:
        """Return a batch's response to a request, if any.

        Raises:
            UserError: the batch has not ended, or the API fails.
        """
        entries = self._holding.get(request_key, [])
        answers = [answered[request_key] for answered in map(self._answers, entries) if request_key in answered]
        return replace(answers[0], attempts=len(entries)) if answers else None

    # Read for the first request only: a job that finds all responses in the store asks the API nothing.
    @cached_property
    def _entries(self) -> list[Entry]:
        if not self._journal.exists():
            return []
        with self._journal.locked():
            return _known(self._journal, self._api)

    @cached_property
    def _holding(self) -> dict[str, list[Entry]]:
        holding: dict[str, list[Entry]] = {}
        for entry in self._entries:
            for request_key in entry.request_keys:
                holding.setdefault(request_key, []).append(entry)
        return holding

    def _answers(self, entry: Entry) -> dict[str, Response]:
        if entry.tag not in self._answered:
            self._answered[entry.tag] = self._read(entry)
        return self._answered[entry.tag]

    def _read(self, entry: Entry) -> dict[str, Response]:
        try:
            return self._results(entry, self._api.batch(entry))
        except Gone:
            # An API deletes the results of old batches. If the batch is still under way, asking again would pay twice.
            if not entry.under_way:
                return {}
            where, remedy = (
                self._journal.path(entry),
                "correct base_url, or delete the file to pay for its requests again",
            )
            raise mistake(where, "batch", "the API that has this batch", self._settings.base_url, remedy) from None

    def _results(self, entry: Entry, batch: Batch) -> dict[str, Response]:
        if batch.status not in FINAL:
            found = f"false while batch {batch.id} is {batch.status} with {len(entry.request_keys)} requests"
            remedy = "set it to true to wait for these requests, or cancel the batch at the API to ask directly"
            raise mistake(f"model {self._settings.api_model}", "batch", "true", found, remedy)
        read = (batch_api.batch_response(self._settings, line) for line in self._api.results(batch))
        self._journal.end(entry, batch.status)
        answers = (response for response in read if response and response.status != "error")
        return {answer.request_key: replace(answer, batched=True, batch=batch.id) for answer in answers}


class _Spool:
    """Requests as lines of an unnamed file.

    Such a file disappears even if the job is killed. `lacking` are the keys of the requests without a response.
    """

    def __init__(self, settings: Settings, file: IO[bytes]) -> None:
        self._settings = settings
        self._file = file
        self._lines: dict[str, tuple[int, int, float]] = {}  # by request key: offset, length, dollars
        self.lacking: set[str] = set()

    def add(self, prepared: Prepared) -> None:
        """Append a request to the file."""
        request_key = prepared.request_key
        line = {"custom_id": request_key, "method": "POST", "url": batch_api.PATH, "body": prepared.body}
        start = self._file.tell()
        self._file.write(json.dumps(line).encode() + b"\n")
        self._lines[request_key] = (start, self._file.tell() - start, prepared.usd)
        self.lacking.add(request_key)

    def usd(self, request_keys: Iterable[str]) -> float:
        """Return the most dollars that requests can cost."""
        return sum(self._lines[request_key][2] for request_key in request_keys)

    def chunks(self, held: Container[str], most_requests: int) -> Iterator[tuple[str, ...]]:
        """Yield the keys of each next batch.

        Its requests lack a response, and no other batch holds them.
        """
        most_bytes = self._settings.max_batch_megabytes * 1_000_000
        chunk: list[str] = []
        size = 0
        for request_key, (_, length, _) in self._lines.items():
            if request_key not in self.lacking or request_key in held:
                continue
            if chunk and (size + length > most_bytes or len(chunk) == most_requests):
                yield tuple(chunk)
                chunk, size = [], 0
            chunk.append(request_key)
            size += length
        if chunk:
            yield tuple(chunk)

    @contextmanager
    def file(self, request_keys: Iterable[str]) -> Iterator[IO[bytes]]:
        """Give a temporary file of these requests."""
        with TemporaryFile(dir=self._settings.store) as file:
            for request_key in request_keys:
                start, length, _ = self._lines[request_key]
                self._file.seek(start)
                file.write(self._file.read(length))
            yield file


def _processed(batch: Batch) -> int:
    counts = batch.request_counts
    return (whole_number(counts.completed) or 0) + (whole_number(counts.failed) or 0) if counts else 0


def _known(journal: Journal, api: BatchApi) -> list[Entry]:
    """Return the entries of all batches that the API has.

    The journal must be locked: no job is submitting then, so an entry without a batch is one of a killed job, or
    damaged.
    """
    entries = journal.entries()
    unknown = {entry.tag for entry in entries if entry.is_unknown}
    found = api.tagged(unknown) if unknown else {}
    if lacking := unknown - found.keys():
        # The API may still be creating the batch of a job that was killed a moment ago.
        time.sleep(CREATION_SECONDS)
        found |= api.tagged(lacking)
    for place, entry in enumerate(entries):
        if entry.is_unknown:
            batch = found.get(entry.tag)
            entries[place] = api.restored(entry, batch) if batch else replace(entry, status=ABSENT)
            journal.write(entries[place])
    return [entry for entry in entries if entry.batch_id]


def _require_whole(settings: Settings, entry: Entry, batch: Batch) -> None:
    """Raise if a batch failed as a whole or was cancelled.

    Only a new run submits such a batch again, after its user has seen the reason.
    """
    if batch.status not in ("failed", "cancelled") or not entry.under_way:
        return
    reasons = some([error.message for error in batch_api.errors(batch)], 3) or "no reason given"
    found = f"{batch.status} ({failures.one_line(settings, reasons)})"
    remedy = "correct the cause; the next run submits its requests again"
    raise mistake(f"batch {batch.id}", "status", "completed or expired", found, remedy)
