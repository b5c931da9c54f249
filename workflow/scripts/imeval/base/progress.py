"""Progress of long jobs."""

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    # Every start of Snakemake imports this module, so polars is only imported for type checks.
    import polars as pl

T = TypeVar("T")
Table = TypeVar("Table", "pl.DataFrame", pa.Table)

LOGGER = logging.getLogger(__name__)

_EVERY = 10.0
_LINES_OF_A_RATE = 6
"""A rate covers the last minute."""


class Progress:
    """A counter that logs its progress every ten seconds.

        1,200 of 50,000 images, 24/s, $0.31, 33 min 53 s left

    A job that takes less than ten seconds logs nothing. A rate begins with the first thing done: the time before it
    went into loading a model, or into the part of a prompt that all requests share.

    Args:
        what: the name of the counted things, such as "images".
        total: their number; None if unknown.
        note: returns another part of the line, such as the cost so far.
        clock: returns seconds.
    """

    def __init__(
        self,
        what: str,
        total: int | None,
        note: Callable[[], str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._what = what
        self._total = total
        self._note = note
        self._clock = clock
        self._done = self._worked = 0
        self._logged = clock()
        self._marks = deque[tuple[float, int]](maxlen=_LINES_OF_A_RATE + 1)

    def add(self, count: int = 1, *, found: bool = False) -> None:
        """Count more as done; those that were `found` count in no rate."""
        now = self._clock()
        self._done += count
        self._worked += 0 if found else count
        if self._worked and not self._marks:
            self._marks.append((now, self._worked))
        if now - self._logged >= _EVERY:
            LOGGER.info("%s", self._line(now))
            self._logged = now

    def reach(self, count: int) -> None:
        """Set the number of things that are done.

        No more are done than there are: a batch may hold requests of another job.
        """
        self.add((count if self._total is None else min(count, self._total)) - self._done)

    def _line(self, now: float) -> str:
        rate = self._rate(now)
        parts = [
            f"{self._done:,} {self._what}" if self._total is None else f"{self._done:,} of {self._total:,} {self._what}"
        ]
        if rate:
            parts += [f"{rate:.3g}/s" if rate < 100 else f"{rate:,.0f}/s"]
        if self._note:
            parts.append(self._note())
        if rate and self._total is not None and self._done < self._total:
            parts.append(f"{duration((self._total - self._done) / rate)} left")
        return ", ".join(parts)

    def _rate(self, now: float) -> float:
        """Return the things done a second; 0 if unknown."""
        if not self._marks:
            return 0.0
        then, worked = self._marks[0]
        self._marks.append((now, self._worked))
        return (self._worked - worked) / (now - then) if now > then else 0.0


def each(items: Sequence[T], what: str) -> Iterator[T]:
    """Yield items and count them as done."""
    progress = Progress(what, len(items))
    for item in items:
        yield item
        progress.add()


def images_counted(tables: Iterable[Table], total: int, at_once: int | None = None) -> Iterator[Table]:
    """Yield tables and count their images as done.

    Images count when the next table or part is taken.

    Args:
        tables: yielded whole, or in parts.
        total: the number of images in all tables.
        at_once: the largest number of images in a part; None yields whole tables.
    """
    progress = Progress("images", total)
    for table in tables:
        images = at_once or max(1, len(table))
        for first in range(0, len(table), images):
            part = table.slice(first, images)
            yield part
            progress.add(len(part))


def rows(files: Iterable[str | Path]) -> int:
    """Count the rows of Parquet files."""
    return sum(pq.read_metadata(path).num_rows for path in files)


def duration(seconds: float) -> str:
    """Return a duration as text in its two largest units.

    For example, "42 s", "3 min 5 s", "2 h 10 min" or "3 d 4 h".
    """
    whole = round(seconds)
    for size, unit, less, smaller in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // less
            return f"{whole // size} {unit}" + (f" {rest} {smaller}" if rest else "")
    return f"{whole} s"
