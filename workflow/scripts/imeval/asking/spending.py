"""The cost of responses, and its limit."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from imeval.asking.exchange import Response, whole_number
from imeval.asking.prices import Prices
from imeval.asking.tokens import Usage, usage_of
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
}
"""The columns of results/spent.csv; `reasoning_tokens` are a part of the output tokens."""

# What follows the task in the name of a store's file: "-00000-of-00032-mine" in "cw-00000-of-00032-mine".
_AFTER_TASK = re.compile(rf"-{shards.PATTERN}(-.*)?$")


def spent(store: str | Path, prices: Prices | None) -> dict[str, dict[str, int | float | None]]:
    """Return a store's answers, tokens and dollars by task.

    Args:
        store: the model's folder.
        prices: None if unknown; the dollars are None then.
    """
    tasks: dict[str, list[_Stored]] = {}
    for path in sorted(Path(store).glob("*.jsonl")):
        lines, _ = _added_lines(path, 0)
        tasks.setdefault(_AFTER_TASK.sub("", path.stem), []).extend(map(_stored, lines))
    return {task: _spent(stored, prices) for task, stored in tasks.items()}


def added(store: str | Path, sizes: Mapping[str, int], prices: Prices | None) -> tuple[Counter[str], float | None]:
    """Return new responses' counts by status, and their dollars.

    Args:
        store: the model's folder.
        sizes: the earlier sizes in bytes, by path; a file without one is new.
        prices: None if unknown; the dollars are None then.
    """
    new = [
        line for path in sorted(Path(store).glob("*.jsonl")) for line in _added_lines(path, sizes.get(str(path), 0))[0]
    ]
    stored = [_stored(line) for line in new]
    return Counter(one.status for one in stored), _usd(stored, prices) if prices else None


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
        self._usd = 0.0

    @property
    def limited(self) -> bool:
        """Return whether there is a limit."""
        return self._max_usd is not None

    def add(self, response: Response) -> Response:
        """Add the price of a response to the job's; return the response."""
        if self._prices:
            self._usd += self._prices.usd(usage_of(response), batched=response.batched)
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
        spent_usd = self._spending.usd()
        if spent_usd + under_way + usd > self._max_usd:
            found = f"${spent_usd:.4f} spent, ${under_way:.4f} under way and up to ${usd:.4f} for the next"
            remedy = "raise max_usd to go on; every answer so far is kept"
            raise mistake(f"model {self._model}", "max_usd", f"at most ${self._max_usd:g}", found, remedy)


class Spending:
    """The cost of all responses in a model's store, by any job."""

    def __init__(self, store: str | Path, prices: Prices) -> None:
        self._store = Path(store)
        self._prices = prices
        self._read: dict[Path, int] = {}
        self._usd = 0.0

    def usd(self) -> float:
        """Return the dollars spent until now."""
        for path in self._store.glob("*.jsonl"):
            # This is called before every request, so read only what was added since.
            if path.stat().st_size == self._read.get(path, 0):
                continue
            lines, self._read[path] = _added_lines(path, self._read.get(path, 0))
            self._usd += _usd(map(_stored, lines), self._prices)
        return self._usd


@dataclass(frozen=True)
class _Stored:
    """What a stored response has cost."""

    status: str = "error"
    usage: Usage = field(default_factory=Usage)
    batched: bool = False


def _spent(stored: Sequence[_Stored], prices: Prices | None) -> dict[str, int | float | None]:
    return {
        # Without output tokens a filter refused the request. An error may have some: an answer that nobody can use.
        "answers": sum(one.status != "error" and one.usage.output_tokens > 0 for one in stored),
        "input_tokens": sum(one.usage.input_tokens for one in stored),
        "cached_input_tokens": sum(one.usage.cached_tokens for one in stored),
        "output_tokens": sum(one.usage.output_tokens for one in stored),
        "reasoning_tokens": sum(one.usage.reasoning_tokens for one in stored),
        "usd": round(_usd(stored, prices), 4) if prices else None,
    }


def _usd(stored: Iterable[_Stored], prices: Prices) -> float:
    return sum(prices.usd(one.usage, batched=one.batched) for one in stored)


def _added_lines(path: Path, start: int) -> tuple[list[bytes], int]:
    """Return a file's whole lines from an offset, and their end.

    A line that is being written is left for the next time.
    """
    with open(path, "rb") as file:
        file.seek(start)
        *lines, rest = file.read().split(b"\n")
        return lines, file.tell() - len(rest)


def _stored(line: bytes) -> _Stored:
    try:
        response = json.loads(line)
        # Errors, and servers that count no tokens, have null.
        names = ("input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens")
        counts = (whole_number(response.get(name)) or 0 for name in names)
        return _Stored(str(response["status"]), Usage(*counts), bool(response.get("batched")))
    # A damaged line, which the store names and asks for again.
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return _Stored()
