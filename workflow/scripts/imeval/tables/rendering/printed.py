"""Printed numbers and headings of LaTeX and HTML."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby

from imeval.tables.cells import Cell, Column, Number, Row, Table

EMPTY = "–"

_P_VALUES = ("p", "p_holm")


@dataclass(frozen=True)
class Span:
    """Rendered columns under one heading, counted from 1."""

    title: str
    first: int
    last: int

    @property
    def width(self) -> int:
        """Return the number of columns under the heading."""
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
    # A number takes two, one for its value and one for the small figures, which keeps the values aligned.
    return sum(2 if column.numeric else 1 for column in columns)


def is_numeric(table: Table) -> bool:
    """Return whether a table has columns of numbers."""
    return any(column.numeric for column in table.columns)


def rows(table: Table) -> list[Row]:
    """Return the rows of all blocks."""
    return [row for block in table.blocks for row in block.rows]


def value_text(number: Number) -> str:
    """Return a value as printed, or a dash.

    A tiny p-value is "<0.0001".
    """
    if number.value is None:
        return EMPTY
    least = 10**-number.decimals
    if number.metric in _P_VALUES and number.value < least:
        return f"<{least:.{number.decimals}f}"
    return f"{number.value:.{number.decimals}f}"


def small_figures(number: Number, table: Table) -> list[str]:
    """Return the figures behind a value: ["±0.25", "−1.2", "(3)"].

    They are half of its interval over several runs, its change in percentage points with the interval if the table
    prints it, and its rank.
    """
    change = _change(number, table)
    spread = number.half_width
    return [
        *([f"±{spread:.{number.decimals}f}"] if spread is not None else []),
        *([change] if change else []),
        *([_interval(number)] if change and table.prints_change_intervals and number.delta_low is not None else []),
        *([f"({number.rank})"] if number.rank else []),
    ]


def _interval(number: Number) -> str:
    """Return the interval of a change, such as [+0.4, +1.9]."""
    return f"[{signed(number.delta_low or 0, 1)}, {signed(number.delta_high or 0, 1)}]"


def interval_text(cell: Cell) -> str:
    """Return the interval of a value, such as "[79.7, 80.4]".

    It is "" without one. Several runs have theirs behind the ± of the value.
    """
    if isinstance(cell, str) or cell.ci_low is None or cell.ci_high is None or cell.runs > 1:
        return ""
    return f"[{cell.ci_low:.1f}, {cell.ci_high:.1f}]"


def has_intervals(row: Row, table: Table) -> bool:
    """Return whether a row has its intervals below."""
    return table.prints_intervals and any(map(interval_text, row.cells))


def as_printed(table: Table) -> Table:
    """Return a table with the columns and rows that people see."""
    return replace(table, columns=table.printed.columns, blocks=table.printed.blocks) if table.printed else table


def signed(value: float | Decimal, decimals: int) -> str:
    """Return a value with its sign, such as +1.2."""
    # The z prints -0.04 as +0.0, not as -0.0.
    return f"{value:+z.{decimals}f}".replace("-", "−")


def _change(number: Number, table: Table) -> str | None:
    if number.value is None or number.reference is None:
        return None
    change: float | Decimal = number.value - number.reference
    if table.rounds_before_subtracting:
        # Decimal subtracts printed values exactly, and rounds 0.25 up as people do.
        printed = Decimal(value_text(number)) - Decimal(f"{number.reference:.{number.decimals}f}")
        change = printed.quantize(Decimal("0.1"), ROUND_HALF_UP)
    return signed(change, 1)
