"""The cost of responses, and its limit.

One batch may answer the same request for several jobs. Each of them stores the answer, which was paid for once: only
the first of these lines counts.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from threading import Lock

import polars as pl

from imeval.asking.exchange import Response
from imeval.asking.prices import Prices
from imeval.asking.store_lines import responses_of
from imeval.asking.tokens import usage_of
from imeval.base import shards
from imeval.base.errors import mistake

SPENT = {
    "model": pl.String,
    "task": pl.String,
    "answers": pl.Int64,
    "input_tokens": pl.Int64,
    "cached_input_tokens": pl.Int64,
    "output_tokens": pl.Int64,
    "reasoning_tokens": pl.Int64,
    "usd": pl.Float64,
    "lost_usd": pl.Float64,
}
"""The columns of results/spent.csv.

`reasoning_tokens` are a part of the output tokens. `lost_usd` is the most that attempts without an answer may have
cost; `usd` does not contain it.
"""

# What follows the task in the name of a store's file: "-00000-of-00032-mine" in "cw-00000-of-00032-mine".
_AFTER_TASK = re.compile(rf"-{shards.PATTERN}(-.*)?$")

_BATCHED = b'"batched": true'


def spent(store: str | Path, prices: Prices | None) -> dict[str, dict[str, int | float | None]]:
    """Return the cost of a store by task.

    Args:
        store: the model's folder.
        prices: None if unknown; the dollars are None then.
    """
    tasks: dict[str, list[Response]] = {}
    once = _Once()
    for path in sorted(Path(store).glob("*.jsonl")):
        responses, _ = _stored(path, 0)
        tasks.setdefault(_AFTER_TASK.sub("", path.stem), []).extend(once.first(responses))
    return {task: _spent(responses, prices) for task, responses in tasks.items()}


def added(store: str | Path, sizes: Mapping[str, int], prices: Prices | None) -> tuple[Counter[str], float | None]:
    """Count new responses by status, and their dollars.

    Args:
        store: the model's folder.
        sizes: the earlier sizes in bytes, by path; a file without one is new.
        prices: None if unknown; the dollars are None then.
    """
    new: list[Response] = []
    once = _Once()
    paths = sorted(Path(store).glob("*.jsonl"))
    for path in paths:
        once.note(path, sizes.get(str(path), 0))
    for path in paths:
        responses, _ = _stored(path, sizes.get(str(path), 0))
        new += once.first(responses)
    return Counter(response.status for response in new), _usd(new, prices) if prices else None


class Account:
    """One model's costs in a job, and their limit."""

    def __init__(self, model: str, store: str | Path, prices: Prices | None, max_usd: float | None) -> None:
        """Open the account.

        Raises:
            UserError: `max_usd` is set without prices.
        """
        if max_usd is not None and prices is None:
            remedy = "add prices.input and prices.output"
            raise mistake(f"model {model}", "max_usd", "prices beside it", "none", remedy)
        self._model = model
        self._prices = prices
        self._max_usd = max_usd
        self._spending = Spending(store, prices) if prices else None
        self._one_at_a_time = Lock()
        self._usd = 0.0

    @property
    def limited(self) -> bool:
        """Return whether there is a limit."""
        return self._max_usd is not None

    def add(self, response: Response) -> Response:
        """Add the price of a response to the job's; return the response."""
        if self._prices:
            self._usd += _usd([response], self._prices)
        return response

    def in_words(self) -> str:
        """Return this job's dollars in words."""
        return f"{self._usd:.2f} dollars so far" if self._prices else "dollars unknown without prices"

    def require(self, under_way: float, usd: float) -> None:
        """Raise if the limit does not allow another request.

        Spent, under way and next together never pass the limit, as each request counts with the most it can cost.

        Args:
            under_way: the most that requests without a response yet can cost, in dollars.
            usd: the most that the next request can cost.

        Raises:
            UserError: too little is left.
        """
        if self._max_usd is None or self._spending is None:
            return
        # The loop that sends requests comes here too, before it tries one again.
        with self._one_at_a_time:
            spent_usd, lost_usd = self._spending.usd(), self._spending.lost_usd
        if spent_usd + lost_usd + under_way + usd > self._max_usd:
            lost = f", up to ${lost_usd:.4f} for attempts that may be billed without an answer" if lost_usd else ""
            found = f"${spent_usd:.4f} spent{lost}, ${under_way:.4f} under way and up to ${usd:.4f} for the next"
            remedy = "raise max_usd to go on; every answer so far is kept"
            raise mistake(f"model {self._model}", "max_usd", f"at most ${self._max_usd:g}", found, remedy)


class Spending:
    """The cost of all responses in a model's store, by any job."""

    def __init__(self, store: str | Path, prices: Prices) -> None:
        self._store = Path(store)
        self._prices = prices
        self._read: dict[Path, int] = {}
        self._once = _Once()
        self._usd = 0.0
        self.lost_usd = 0.0

    def usd(self) -> float:
        """Return the dollars spent until now, and update `lost_usd`."""
        for path in self._store.glob("*.jsonl"):
            # This is called before every request, so read only what was added since.
            if path.stat().st_size == self._read.get(path, 0):
                continue
            responses, self._read[path] = _stored(path, self._read.get(path, 0))
            paid = list(self._once.first(responses))
            self._usd += _usd(paid, self._prices)
            self.lost_usd += _lost_usd(paid)
        return self._usd


class _Once:
    """The answers of batches that were met."""

    def __init__(self) -> None:
        self._met: set[tuple[str, str | int]] = set()

    def first(self, responses: Iterable[Response]) -> Iterator[Response]:
        """Yield responses without a batch's repeated ones."""
        for response in responses:
            # Earlier versions did not store the batch. The same request then has a number of attempts for each batch.
            answer = (response.request_key, response.batch or response.attempts)
            if not (response.batched and answer in self._met):
                yield response
            if response.batched:
                self._met.add(answer)

    def note(self, path: Path, end: int) -> None:
        """Note a file's answers before an offset."""
        with open(path, "rb") as file:
            lines = file.read(end).split(b"\n")
        # Only few stores have answers of batches, and reading all takes seconds.
        for _ in self.first(one for line in lines if _BATCHED in line for one in responses_of(line)):
            pass


def _spent(responses: Sequence[Response], prices: Prices | None) -> dict[str, int | float | None]:
    usages = [usage_of(response) for response in responses]
    return {
        # Without output tokens a filter refused the request. An error may have some: an answer that nobody can use.
        "answers": sum(one.status != "error" and (one.output_tokens or 0) > 0 for one in responses),
        "input_tokens": sum(usage.input_tokens for usage in usages),
        "cached_input_tokens": sum(usage.cached_tokens for usage in usages),
        "output_tokens": sum(usage.output_tokens for usage in usages),
        "reasoning_tokens": sum(usage.reasoning_tokens for usage in usages),
        "usd": round(_usd(responses, prices), 4) if prices else None,
        "lost_usd": round(_lost_usd(responses), 4) if prices else None,
    }


def _usd(responses: Iterable[Response], prices: Prices) -> float:
    return sum(prices.usd(usage_of(response), batched=response.batched) for response in responses)


def _lost_usd(responses: Iterable[Response]) -> float:
    return sum(response.lost_usd for response in responses)


def _stored(path: Path, start: int) -> tuple[list[Response], int]:
    """Return a file's responses from an offset, and their end.

    A line that is being written is left for the next time. What is damaged is left out; the store names it.
    """
    with open(path, "rb") as file:
        file.seek(start)
        *lines, rest = file.read().split(b"\n")
        return [response for line in lines for response in responses_of(line)], file.tell() - len(rest)
