"""Printed numbers and headings, as LaTeX and HTML share them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby

from imeval.tables.cells import Column, Number, Row, Table

EMPTY = "–"


@dataclass(frozen=True)
class Span:
    """The rendered columns under one heading, counted from 1."""

    title: str
    first: int
    last: int

    @property
    def width(self) -> int:
        """Return how many rendered columns the heading spans."""
        return self.last - self.first + 1


def spans(columns: Sequence[Column]) -> list[Span]:
    """Return the headings of groups of columns."""
    found: list[Span] = []
    for title, grouped in groupby(columns, key=lambda column: column.group):
        first = found[-1].last + 1 if found else 1
        found.append(Span(title, first, first + rendered_width(list(grouped)) - 1))
    return found


def rendered_width(columns: Sequence[Column]) -> int:
    """Count the rendered columns of a table's columns."""
    # A number takes two, its value and the small figures: the values align whatever stands behind them.
    return sum(2 if column.numeric else 1 for column in columns)


def is_numeric(table: Table) -> bool:
    """Return whether a table has numbers, not texts alone."""
    return any(column.numeric for column in table.columns)


def rows(table: Table) -> list[Row]:
    """Return the rows of all blocks."""
    return [row for block in table.blocks for row in block.rows]


def value_text(number: Number) -> str:
    """Return a value as printed, or a dash."""
    return EMPTY if number.value is None else f"{number.value:.{number.decimals}f}"


def small_figures(number: Number, table: Table) -> list[str]:
    """Return the figures behind a value, as in ["±0.25", "−1.2", "(3)"].

    These are half of its interval over several runs, its change in percentage points and its rank.
    """
    change = _change(number, table)
    spread = number.half_width
    return [
        *([f"±{spread:.{number.decimals}f}"] if spread is not None else []),
        *([change] if change else []),
        *([f"({number.rank})"] if number.rank else []),
    ]


def signed(value: float | Decimal, decimals: int) -> str:
    """Return a value with its sign, as in +1.2."""
    # The z makes -0.04 a +0.0, not a -0.0.
    return f"{value:+z.{decimals}f}".replace("-", "−")


def _change(number: Number, table: Table) -> str | None:
    if number.value is None or number.reference is None:
        return None
    change: float | Decimal = number.value - number.reference
    if table.rounds_before_subtracting:
        # Decimal, as the difference of two printed values is exact in it: 0.25 rounds up as on paper.
        printed = Decimal(value_text(number)) - Decimal(f"{number.reference:.{number.decimals}f}")
        change = printed.quantize(Decimal("0.1"), ROUND_HALF_UP)
    return signed(change, 1)
