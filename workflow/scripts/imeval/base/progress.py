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
    # Not imported where it is no more than a type: every start of Snakemake imports this module.
    import polars as pl

T = TypeVar("T")
Table = TypeVar("Table", "pl.DataFrame", pa.Table)

LOGGER = logging.getLogger(__name__)

_EVERY = 10.0
_LINES_OF_A_RATE = 6
"""A rate is that of the last minute, so the time to load a model soon counts no more."""


class Progress:
    """Counts what is done and logs it every ten seconds.

        1,200 of 50,000 images, 24/s, $0.31, 33 min 53 s left

    A job that is done within ten seconds logs none.

    Args:
        what: the name of what is counted, such as "images".
        total: their number; None if it is not known.
        note: returns what else a line has, such as the dollars so far.
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
        self._marks = deque([(clock(), 0)], maxlen=_LINES_OF_A_RATE + 1)

    def add(self, count: int = 1, *, found: bool = False) -> None:
        """Count more as done.

        Args:
            count: how many more.
            found: whether an earlier run did them: these count in no rate.
        """
        self._done += count
        self._worked += 0 if found else count
        if self._clock() - self._marks[-1][0] >= _EVERY:
            LOGGER.info("%s", self._line(self._clock()))

    def reach(self, count: int) -> None:
        """Set the number that is done."""
        self.add(count - self._done)

    def _line(self, now: float) -> str:
        then, worked = self._marks[0]
        self._marks.append((now, self._worked))
        rate = (self._worked - worked) / (now - then)
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


def each(items: Sequence[T], what: str) -> Iterator[T]:
    """Yield items and count them as done."""
    progress = Progress(what, len(items))
    for item in items:
        yield item
        progress.add()


def images_counted(tables: Iterable[Table], total: int, at_once: int | None = None) -> Iterator[Table]:
    """Yield tables and count their images as done.

    The images of a table are done when the next table is taken.

    Args:
        tables: yielded as they are, or in parts.
        total: the number of all their images.
        at_once: the number of images in a part at most; small where a model takes seconds for each.
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
    """Return a duration as text.

    It has the two largest units: "42 s", "3 min 5 s", "2 h 10 min", "3 d 4 h".
    """
    whole = round(seconds)
    for size, unit, less, smaller in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // less
            return f"{whole // size} {unit}" + (f" {rest} {smaller}" if rest else "")
    return f"{whole} s"
