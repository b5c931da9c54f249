"""A table as CSV for programs and spreadsheets."""

import csv
import io

from imeval.tables.cells import Number, Row, Table
from imeval.tables.rendering.printed import is_numeric, rows

_COLUMNS = (
    "table", "model", "title", "group", "task", "labels", "category", "metric", "value", "n", "n_hit", "n_asked",
    "n_error", "n_unreadable", "n_empty", "n_refused", "n_oop", "n_alone", "alone", "runs", "ci_low", "ci_high",
    "ci_method", "resampled_low", "resampled_high", "resampled_method", "delta", "delta_low", "delta_high", "rank",
    "rank_low", "rank_high", "best", "published", "difference", "image_set", "label_set",
)  # fmt: skip


def to_csv(table: Table) -> str:
    """Return a table as CSV.

    Each value has a row, in full precision. A table without numbers keeps its rows, with the image set as the last
    column.
    """
    text = io.StringIO()
    if is_numeric(table):
        columns = [*_COLUMNS, *(["slice"] if _is_sliced(table) else [])]
        tidy = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
        tidy.writeheader()
        for row in rows(table):
            tidy.writerows(_values(table, row, cell) for cell in row.cells if isinstance(cell, Number))
    else:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([*(column.title for column in table.columns), "image_set"])
        writer.writerows([_text(str(cell)) for cell in (*row.cells, table.image_set)] for row in rows(table))
    return text.getvalue()


def _values(table: Table, row: Row, number: Number) -> dict[str, object]:
    # Most columns have the name of an attribute of `Number`; the row and the table have the others.
    values = {name: getattr(number, name) for name in _COLUMNS if hasattr(number, name)}
    texts = {"slice": number.slice, "model": row.model, "title": row.title, "group": row.group, "task": row.task}
    sets = {
        "table": table.name,
        "image_set": number.image_set or table.image_set,
        "label_set": number.label_set or table.label_set,
    }
    return {**values, **{name: _text(text) for name, text in {**texts, **sets}.items()}}


def _is_sliced(table: Table) -> bool:
    return any(cell.slice for row in rows(table) for cell in row.cells if isinstance(cell, Number))


def _text(text: str) -> str:
    """Return a text on one line that no spreadsheet computes."""
    line = " ".join(text.split())
    # A spreadsheet computes a text that begins with one of these as a formula, unless a quote stands before it.
    return f"'{line}" if line.startswith(("=", "+", "-", "@")) else line
