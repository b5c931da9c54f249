"""Models behind OpenAI's batch API: cheaper, answered within a day, and never submitted twice.

A batch stands in the journal before it exists at the API, under a tag of its own that the API keeps with it. A job
that was killed finds it there, at the API by that tag if need be, and waits for it instead of paying again.
"""

import json
import logging
import time
import uuid
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TypeVar

import openai
import tenacity
from openai.types import Batch

from imeval.asking.exchange import Request, Response
from imeval.asking.prompts import Message
from imeval.base.errors import UserError, mistake, some
from imeval.base.files import replacing
from imeval.base.progress import Progress
from imeval.models.api import openai_api
from imeval.models.api.openai_api import Json, Malformed, Settings

T = TypeVar("T")

MOST_REQUESTS = 50_000
"""Of one batch, by OpenAI's rule."""

_TAG = "imeval_tag"
_FINAL = frozenset({"completed", "expired", "cancelled", "failed"})
_CLOCKS_DIFFER_BY = 3600


@dataclass(frozen=True)
class Entry:
    """A batch in the journal: its requests, what they can cost at most, and, once known, its id and last status.

    `written` is in seconds since 1970; a batch with the tag is not older.
    """

    tag: str
    request_keys: tuple[str, ...]
    usd: float
    written: float
    batch_id: str | None = None
    status: str | None = None

    @property
    def under_way(self) -> bool:
        """Tell whether it was submitted and is not known to have ended."""
        return self.batch_id is not None and self.status not in _FINAL


class Journal:
    """The batches of a model, a file each, beside the store of its answers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, entry: Entry) -> Path:
        """Return the file of an entry."""
        return self._folder / f"{entry.tag}.json"

    def write(self, entry: Entry) -> None:
        """Keep an entry in place of an earlier one with its tag."""
        with replacing(self.path(entry)) as partial:
            partial.write_text(json.dumps(asdict(entry)))

    def entries(self) -> list[Entry]:
        """Return all entries, oldest first."""
        read = [json.loads(path.read_text()) for path in self._folder.glob("*.json")]
        entries = [Entry(**content | {"request_keys": tuple(content["request_keys"])}) for content in read]
        return sorted(entries, key=lambda entry: (entry.written, entry.tag))

    def submissions(self) -> Counter[str]:
        """Return in how many batches each request has been."""
        return Counter(key for entry in self.entries() if entry.batch_id for key in entry.request_keys)


class BatchChat:
    """A chat model that is asked by batches; requests wait on the disk, not in memory."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._budget = openai_api.budget(settings)
        self._bill = openai_api.Bill(settings)
        self._journal = Journal(Path(settings.store) / "batches")

    @property
    def identity(self) -> str:
        """The model's name and revision, and how it decodes; the same as when it is asked directly."""
        return openai_api.identity(self._settings)

    def rendered(self, messages: Sequence[Message]) -> str:
        """Return messages as they are sent, for a person to read."""
        return openai_api.rendered(self._settings, messages)

    def paid(self) -> str:
        """Say how many dollars the answers have cost so far."""
        return self._bill.said()

    def answer(self, requests: Iterable[Request]) -> Iterator[Response]:
        """Answer all requests: by the batches that are under way with them, and the rest by new ones.

        What an expired or partly failed batch left open goes into another, `max_attempts` times at most. A batch that
        another job submitted yields only what is asked for here.

        Raises:
            UserError: no key, an address that is not safe, an API that fails, a batch that failed as a whole or was
                cancelled, or `max_usd` is reached; batches that are under way then are waited for by the next run.
        """
        with TemporaryFile(dir=self._settings.store) as file:
            spool = _Spool(self._settings, file)
            for request in requests:
                spool.add(request)
            if spool.lacking:
                yield from self._rounds(spool)

    def _rounds(self, spool: "_Spool") -> Iterator[Response]:
        failure = None
        waiting = self._resumed(spool)
        for _ in range(self._settings.max_attempts):
            try:
                self._submit(spool, waiting)
            except UserError as error:
                failure = error
            for entry, batch in self._ended(waiting):
                yield from self._answers(spool, entry, batch)
                self._journal.write(replace(entry, status=batch.status))
                _require_whole(entry, batch)
            if failure:
                raise failure
            if not spool.lacking:
                return
            waiting = []
        for request_key in sorted(spool.lacking):
            yield Response(request_key, "error", error="no batch answered it", attempts=self._settings.max_attempts)

    def _resumed(self, spool: "_Spool") -> list[Entry]:
        """Return the batches at the API that hold requests which lack an answer."""
        holding = [entry for entry in self._journal.entries() if not spool.lacking.isdisjoint(entry.request_keys)]
        found = [entry if entry.batch_id else self._found(entry) for entry in holding]
        return [entry for entry in found if entry]

    def _found(self, entry: Entry) -> Entry | None:
        """Return an entry with the id of its batch, if the API has one with its tag."""
        batch = self._api.tagged(entry)
        return self._submitted(entry, batch) if batch else None

    def _submitted(self, entry: Entry, batch: Batch) -> Entry:
        known = replace(entry, batch_id=batch.id)
        self._journal.write(known)
        return known

    def _submit(self, spool: "_Spool", waiting: list[Entry]) -> None:
        """Submit what lacks an answer and no batch holds; add each new batch to those waited for."""
        held = {request_key for entry in waiting for request_key in entry.request_keys}
        for request_keys in spool.chunks(held):
            usd = spool.usd(request_keys)
            if self._budget:
                self._budget.require(sum(entry.usd for entry in self._journal.entries() if entry.under_way), usd)
            entry = Entry(uuid.uuid4().hex, request_keys, usd, time.time())
            self._journal.write(entry)
            with spool.file(request_keys) as file:
                batch = self._api.create(entry, file)
            waiting.append(self._submitted(entry, batch))
            logging.info("Submitted batch %s with %d requests", batch.id, len(request_keys))

    def _ended(self, entries: Sequence[Entry]) -> Iterator[tuple[Entry, Batch]]:
        """Yield each batch when it has ended."""
        waiting = list(entries)
        progress = Progress("requests in batches", sum(len(entry.request_keys) for entry in entries))
        processed: dict[str, int] = {}
        while waiting:
            for entry in tuple(waiting):
                batch = self._api.batch(entry)
                processed[entry.tag] = _processed(batch)
                if batch.status in _FINAL:
                    waiting.remove(entry)
                    yield entry, batch
            progress.reach(sum(processed.values()))
            if waiting:
                time.sleep(self._settings.batch_poll)

    def _answers(self, spool: "_Spool", entry: Entry, batch: Batch) -> Iterator[Response]:
        """Yield what a batch answered of what lacks an answer; an error of an earlier run is none."""
        submissions = self._journal.submissions()
        for line in self._api.results(batch):
            request_key = line["custom_id"]
            response = _read_line(self._settings, line) if request_key in spool.lacking else None
            if response and (response.status != "error" or entry.under_way):
                spool.lacking.remove(request_key)
                yield self._bill.add(replace(response, attempts=submissions[request_key], batched=True))

    @cached_property
    def _api(self) -> "_BatchApi":
        return _BatchApi(self._settings)


class Submitted:
    """What batches that were submitted before answered, for a model that is asked directly now: paid for already."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._journal = Journal(Path(settings.store) / "batches")
        self._answered: dict[str, dict[str, Response]] = {}
        self._holding: dict[str, list[Entry]] = {}
        for entry in self._journal.entries():
            for request_key in entry.request_keys:
                self._holding.setdefault(request_key, []).append(entry)

    def usd(self) -> float:
        """Return what the batches that are under way can cost at most."""
        return sum(entry.usd for entry in self._journal.entries() if entry.under_way)

    def response(self, request_key: str) -> Response | None:
        """Return what a batch answered to a request; None if it is in none, or got an error there.

        Raises:
            UserError: its batch has not ended, or an API that fails.
        """
        entries = self._holding.get(request_key, [])
        answers = [answered[request_key] for answered in map(self._answers, entries) if request_key in answered]
        return replace(answers[0], attempts=len(entries), batched=True) if answers else None

    def _answers(self, entry: Entry) -> dict[str, Response]:
        if entry.tag not in self._answered:
            self._answered[entry.tag] = self._read(entry)
        return self._answered[entry.tag]

    def _read(self, entry: Entry) -> dict[str, Response]:
        try:
            batch = self._api.batch(entry) if entry.batch_id else self._api.tagged(entry)
            return self._results(entry, batch) if batch else {}
        except _Gone:
            if not entry.under_way:
                return {}
            where, remedy = self._journal.path(entry), "ask that one, or delete the file to pay for its requests again"
            raise mistake(where, "batch", "the API it was submitted to", self._settings.base_url, remedy) from None

    def _results(self, entry: Entry, batch: Batch) -> dict[str, Response]:
        if batch.status not in _FINAL:
            found = f"false while batch {batch.id} is {batch.status} with {len(entry.request_keys)} requests"
            remedy = "set it to wait for what is being paid already, or cancel the batch at the API to ask directly"
            raise mistake(f"model {self._settings.api_model}", "batch", "true", found, remedy)
        read = (_read_line(self._settings, line) for line in self._api.results(batch))
        self._journal.write(replace(entry, batch_id=batch.id, status=batch.status))
        return {response.request_key: response for response in read if response and response.status != "error"}

    @cached_property
    def _api(self) -> "_BatchApi":
        return _BatchApi(self._settings)


class _Gone(UserError):
    """The API knows no such batch or file, or no longer."""


class _BatchApi:
    """The endpoints for files and batches; what may pass is tried again."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client = openai_api.client(settings)

    def create(self, entry: Entry, file: IO[bytes]) -> Batch:
        """Upload the requests and create the batch, once: after a failure it is looked for before another attempt."""
        uploaded = self._tried(lambda _: self._upload(file))

        def created(attempt: int) -> Batch:
            found = self.tagged(entry) if attempt > 1 else None
            return found or self._client.batches.create(
                input_file_id=uploaded,
                endpoint="/v1/chat/completions",
                completion_window="24h",
                metadata={_TAG: entry.tag},
            )

        return self._tried(created)

    def tagged(self, entry: Entry) -> Batch | None:
        """Return the batch with an entry's tag, if there is one."""
        return self._tried(lambda _: self._newest_tagged(entry))

    def batch(self, entry: Entry) -> Batch:
        """Return a batch as it is now."""
        return self._tried(lambda _: self._client.batches.retrieve(str(entry.batch_id)))

    def results(self, batch: Batch) -> Iterator[Json]:
        """Yield the lines of a batch's two files, answers before errors."""
        for file_id in filter(None, (batch.output_file_id, batch.error_file_id)):
            yield from map(openai_api.parsed, self._content(file_id).splitlines())

    def _upload(self, file: IO[bytes]) -> str:
        file.seek(0)
        return self._client.files.create(file=("requests.jsonl", file), purpose="batch").id

    def _content(self, file_id: str) -> bytes:
        return self._tried(lambda _: self._client.files.content(file_id).content)

    def _newest_tagged(self, entry: Entry) -> Batch | None:
        for batch in self._client.batches.list(limit=100):
            if (batch.metadata or {}).get(_TAG) == entry.tag:
                return batch
            if batch.created_at < entry.written - _CLOCKS_DIFFER_BY:
                return None
        return None

    def _tried(self, asking: Callable[[int], T]) -> T:
        """Return what a call gives that is told the number of the attempt.

        Raises:
            UserError: it fails.
        """
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(openai_api.worth_another_attempt),
            wait=openai_api.seconds_to_wait,
            stop=tenacity.stop_after_attempt(self._settings.max_attempts),
            reraise=True,
        )
        try:
            return retrying(lambda: asking(retrying.statistics["attempt_number"]))
        except openai.NotFoundError as error:
            raise _Gone(str(self._told(error))) from None
        except openai.APIError as error:
            raise self._told(error) from None

    def _told(self, error: openai.APIError) -> UserError:
        if not isinstance(error, openai.NotFoundError) and (told := openai_api.hopeless(self._settings, error)):
            return told
        found = openai_api.failed(self._settings, "", error).error
        remedy = "run again to go on with the batches in the journal, or set batch: false if it has no batches"
        return mistake(f"models: {self._settings.base_url}", "batch", "an API for files and batches", found, remedy)


class _Spool:
    """Requests as lines of a file without a name, of which a killed job leaves nothing.

    `lacking` are the keys of those that have no answer yet.
    """

    def __init__(self, settings: Settings, file: IO[bytes]) -> None:
        self._settings = settings
        self._file = file
        self._lines: dict[str, tuple[int, int, float]] = {}
        self.lacking: set[str] = set()

    def add(self, request: Request) -> None:
        """Put a request at the end."""
        line = {
            "custom_id": request.request_key,
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": openai_api.body(self._settings, request),
        }
        start = self._file.tell()
        self._file.write(json.dumps(line).encode() + b"\n")
        usd = openai_api.most_it_can_cost(self._settings, request)
        self._lines[request.request_key] = (start, self._file.tell() - start, usd)
        self.lacking.add(request.request_key)

    def usd(self, request_keys: Iterable[str]) -> float:
        """Return what requests can cost at most."""
        return sum(self._lines[request_key][2] for request_key in request_keys)

    def chunks(self, held: Container[str]) -> Iterator[tuple[str, ...]]:
        """Yield the keys of lacking requests that are not held already, as many at a time as a batch may have."""
        most_bytes = self._settings.max_batch_megabytes * 1_000_000
        chunk: list[str] = []
        size = 0
        for request_key, (_, length, _) in self._lines.items():
            if request_key not in self.lacking or request_key in held:
                continue
            if chunk and (size + length > most_bytes or len(chunk) == MOST_REQUESTS):
                yield tuple(chunk)
                chunk, size = [], 0
            chunk.append(request_key)
            size += length
        if chunk:
            yield tuple(chunk)

    @contextmanager
    def file(self, request_keys: Iterable[str]) -> Iterator[IO[bytes]]:
        """Give a file of these requests."""
        with TemporaryFile(dir=self._settings.store) as file:
            for request_key in request_keys:
                start, length, _ = self._lines[request_key]
                self._file.seek(start)
                file.write(self._file.read(length))
            yield file


def _read_line(settings: Settings, line: Json) -> Response | None:
    """Return what a line of results says, or None for a failure that may pass in another batch."""
    request_key, received = line["custom_id"], line.get("response") or {}
    code = received.get("status_code", 0)
    if code == 200:
        with suppress(Malformed):
            return openai_api.response(request_key, received["body"])
    if not 400 <= code < 500 or code in openai_api.MAY_PASS:
        return None
    error = (received.get("body") or {}).get("error") or {}
    return openai_api.not_answered(settings, request_key, error.get("code"), f"HTTP {code}: {error}")


def _processed(batch: Batch) -> int:
    return batch.request_counts.completed + batch.request_counts.failed if batch.request_counts else 0


def _require_whole(entry: Entry, batch: Batch) -> None:
    """Refuse to submit again what the API refused as a whole, or what a person cancelled, unless a new run asks it."""
    if batch.status not in ("failed", "cancelled") or not entry.under_way:
        return
    errors = (batch.errors.data or []) if batch.errors else []
    found = f"{batch.status} ({some([error.message for error in errors], 3) or 'no reason given'})"
    remedy = "mend what the reason says; the next run asks its requests again"
    raise mistake(f"batch {batch.id}", "status", "completed or expired", found, remedy)
