"""Cells, columns, rows and blocks of a table."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True)
class Number:
    """A number in a cell, with its counts.

    Attributes:
        metric, labels, category: as in the key of `Metrics`.
        value: a percentage, or a count; None without images. `ci_low`, `ci_high` and `reference` have the same unit.
        n, n_hit: the denominator and the numerator of a share, in images. The other counts are as in `Metrics`.
        ci_method: what `ci_low` and `ci_high` are.
        resampled_low, resampled_high, resampled_method: a second interval, of a bootstrap.
        reference: the value that the change in small figures starts from.
        changed_from: the task and the labels of `reference`.
        delta_low, delta_high: the bootstrap interval of the change, in percentage points.
        runs: the number of runs whose mean is the value.
        slice: the slice of the images that it is of, "" for all.
        label_set: the label set behind `regt`, if it is another than the table's.
        image_set: the title of its images, if they are others than the table's.
        published: the paper's value.
        published_half_width: half of the paper's interval, if it prints one.
    """

    metric: str
    labels: str
    category: str
    value: float | None
    decimals: int
    n: int
    n_hit: int
    n_asked: int | None = None
    n_error: int | None = None
    n_unreadable: int | None = None
    n_empty: int | None = None
    n_refused: int | None = None
    n_oop: int | None = None
    n_alone: int | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    ci_method: str = ""
    resampled_low: float | None = None
    resampled_high: float | None = None
    resampled_method: str = ""
    reference: float | None = None
    changed_from: tuple[str, str] | None = None
    delta_low: float | None = None
    delta_high: float | None = None
    rank: int | None = None
    best: bool = False
    runs: int = 1
    slice: str = ""
    label_set: str = ""
    image_set: str = ""
    published: float | None = None
    published_half_width: float | None = None
    rank_low: int | None = None
    rank_high: int | None = None

    @property
    def delta(self) -> float | None:
        """Return the unrounded change in percentage points."""
        return None if self.value is None or self.reference is None else self.value - self.reference

    @property
    def difference(self) -> float | None:
        """Return the unrounded difference from the paper, in percentage points."""
        return None if self.value is None or self.published is None else self.value - self.published

    @property
    def alone(self) -> float | None:
        """Return the share of answers given about one image alone, in percent."""
        answers = (self.n_asked or 0) - (self.n_error or 0)
        return 100 * self.n_alone / answers if answers and self.n_alone is not None else None

    @property
    def half_width(self) -> float | None:
        """Return half of the interval over several runs."""
        # The interval of a single run is that of a share of images, which the paper does not print after ±.
        if self.runs == 1 or self.ci_low is None or self.ci_high is None:
            return None
        return (self.ci_high - self.ci_low) / 2


Cell = str | Number

Place = Literal["beside", "below"]
"""Where a page shows the paper's values: behind ours, or in a row below them."""


@dataclass(frozen=True)
class Column:
    """A column's heading.

    Neighbours of one `group` share a heading above. `subscript` is a number of images or a word.
    """

    title: str
    group: str = ""
    subscript: str = ""
    numeric: bool = False


@dataclass(frozen=True)
class Row:
    """A row's cells and its identity in the .csv."""

    cells: tuple[Cell, ...]
    model: str = ""
    title: str = ""
    group: str = ""
    task: str = ""


@dataclass(frozen=True)
class Block:
    """Rows between two rules, titled or not."""

    title: str
    rows: tuple[Row, ...]


def with_numbers(blocks: Iterable[Block], changed: Callable[[Row, Number], Number]) -> Iterator[Block]:
    """Yield blocks in which each number is changed."""
    for block in blocks:
        rows = (
            replace(row, cells=tuple(cell if isinstance(cell, str) else changed(row, cell) for cell in row.cells))
            for row in block.rows
        )
        yield replace(block, rows=tuple(rows))


@dataclass(frozen=True)
class Printed:
    """Other columns and rows for people than for programs."""

    columns: tuple[Column, ...]
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Table:
    """A table before it is rendered.

    Its texts are data, never markup.

    Attributes:
        rounds_before_subtracting: a change is the difference of two printed values.
        prints_change_intervals, prints_intervals: the intervals of changes and of values are printed.
        spans_page: the LaTeX float is as wide as both columns of a page.
        printed: what .tex and .html print instead of the blocks, which only the .csv then has.
    """

    name: str
    title: str
    caption: str
    image_set: str
    label_set: str
    confidence: float
    columns: tuple[Column, ...]
    blocks: tuple[Block, ...]
    notes: tuple[str, ...] = ()
    rounds_before_subtracting: bool = False
    prints_change_intervals: bool = False
    prints_intervals: bool = False
    spans_page: bool = False
    printed: Printed | None = None
    published: Place = "below"
