"""The lines of a finished run with its main numbers."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from imeval.base.errors import printable

_MOST_ROWS = 20


@dataclass(frozen=True)
class Ending:
    """What a user wants to know at the end of a run.

    Attributes:
        tables: the .csv of each table with a row a model (Table 3).
        page: of the run.
        confidence: of the intervals.
    """

    tables: Sequence[str]
    page: str
    confidence: float

    def numbers(self, there: frozenset[str]) -> list[str]:
        """Return the lines of tables that are there."""
        return [line for path in self.tables if path in there for line in lines(path, self.confidence)]

    def page_to_open(self, targets: frozenset[str], there: frozenset[str]) -> str | None:
        """Return the page of the run, or else of a target."""
        pages = sorted(there.intersection(str(Path(target).with_suffix(".html")) for target in targets))
        return self.page if self.page in there else next(iter(pages), None)


def lines(path: str | Path, confidence: float) -> list[str]:
    """Return the accuracies over all images of a .csv, aligned.

    Table 3 on the demo's 20 photographs: accuracy in % with its 95% interval
      model   task  ImGT                 ReGT
      GPT-4o  CW+   82.40 [81.97, 82.82]  86.45 [86.07, 86.83]
    """
    with open(path, encoding="utf-8", newline="") as file:
        cells = [row for row in csv.DictReader(file) if (row["metric"], row["category"]) == ("accuracy", "A")]
    rows: dict[tuple[str, str], dict[str, Mapping[str, str]]] = {}
    for cell in cells:
        rows.setdefault((cell["title"], cell["task"]), {})[cell["labels"]] = cell
    if not rows:
        return []
    first = cells[0]
    titles = {"imgt": "ImGT", "regt": first["label_set"]}
    shown = [labels for labels in titles if any(labels in row for row in rows.values())]
    grid = [["model", "task", *(titles[labels] for labels in shown)]]
    grid += [[*name, *(_value(row[labels]) for labels in shown), _failed(row)] for name, row in rows.items()]
    number = first["table"].removeprefix("table")
    head = f"imeval: Table {number} on {first['image_set']}: accuracy in % with its {confidence:.0%} interval"
    more = (
        [f"  and {len(rows) - _MOST_ROWS} more in {Path(path).with_suffix('.html')}"] if len(rows) > _MOST_ROWS else []
    )
    return [printable(line) for line in (head, *_aligned(grid[: _MOST_ROWS + 1]), *more)]


def _value(cell: Mapping[str, str]) -> str:
    if not cell["value"]:
        return "–"
    value, low, high = (f"{float(cell[key]):.2f}" if cell[key] else "–" for key in ("value", "ci_low", "ci_high"))
    return f"{value} [{low}, {high}]"


def _failed(row: Mapping[str, Mapping[str, str]]) -> str:
    cell = next(iter(row.values()))
    return f"{cell['n_error']} of {cell['n_asked']} failed" if int(cell["n_error"] or 0) else ""


def _aligned(grid: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[place]) for row in grid if place < len(row)) for place in range(max(map(len, grid)))]
    for row in grid:
        yield f"  {'  '.join(text.ljust(width) for text, width in zip(row, widths, strict=False)).rstrip()}"
