"""The run's tables, each number with a link to its images."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from imeval.base.errors import mistake
from imeval.base.suggestions import did_you_mean
from imeval.labels.contract import MEASURED
from imeval.scoring.out_of_prompt import KINDS
from imeval.viewer.browsed import Browsed
from imeval.viewer.filters import Filters
from imeval.viewer.rendering import Asked, Shown, render

TITLE, PATH, PLACE = "Tables", "/tables", 5

router = APIRouter()

_LABELS = {"imgt": "ImGT", "regt": "ReGT", "imgt_and_regt": "both"}


@dataclass(frozen=True)
class Cell:
    """A value, and the filters of its images."""

    text: str
    filters: Mapping[str, str]


@dataclass(frozen=True)
class Row:
    """A row; a cell without a value is None."""

    title: str
    task: str
    cells: Sequence[Cell | None]


@router.get(PATH)
def tables(request: Request, filters: Asked, results: Shown, table: str = "") -> Response:
    """Show a table, or the list of tables."""
    existing = _existing(results.browsed)
    if not table:
        return render(request, "tables.html", filters=filters, existing=existing, name="")
    path = _path(results.browsed, table)
    with open(path, encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    columns, rows = _layout(lines, results.browsed)
    plain = [list(line.values()) for line in lines] if lines and "value" not in lines[0] else []
    return render(
        request,
        "tables.html",
        filters=filters,
        existing=existing,
        name=table,
        columns=columns,
        rows=rows,
        heads=list(lines[0]) if plain else [],
        plain=plain,
        html=Path(path).with_suffix(".html"),
    )


@router.get("/value")
def value_of_page(request: Request, results: Shown, table: str) -> Response:
    """Lead from a value of a table's page to its images."""
    path = _path(results.browsed, table)
    asked = {key: text for key, text in request.query_params.items() if key != "table"}
    with open(path, encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            if all(line.get(key) == text for key, text in asked.items()):
                return RedirectResponse(Filters().address("/images", **_filters(line, results.browsed)))
    remedy = "open the page of the table again, as the run has changed"
    raise mistake("address", table, "a value of the table", ", ".join(asked.values()), remedy)


def _path(browsed: Browsed, table: str) -> str:
    """Return the path of a table.

    Raises:
        UserError: this run has made no such table.
    """
    existing = _existing(browsed)
    if table not in existing:
        raise mistake("address", "table", "a table that this run has made", repr(table), did_you_mean(table, existing))
    return existing[table]


def _existing(browsed: Browsed) -> dict[str, str]:
    return {name: path for name, path in browsed.tables.items() if Path(path).is_file()}


def _layout(lines: Sequence[Mapping[str, str]], browsed: Browsed) -> tuple[list[str], list[Row]]:
    """Return the columns and rows of a table."""
    values = [line for line in lines if "value" in line]
    columns = list(dict.fromkeys(map(_column, values)))
    by_row: dict[tuple[str, str, str], dict[str, Cell]] = {}
    for line in values:
        row = by_row.setdefault((line["model"], line["title"], line["task"]), {})
        row[_column(line)] = Cell(_number(line["value"]), _filters(line, browsed))
    return columns, [
        Row(title or model, browsed.task_titles.get(task, task), [cells.get(column) for column in columns])
        for (model, title, task), cells in by_row.items()
    ]


def _column(line: Mapping[str, str]) -> str:
    metric = "" if line["metric"] == "accuracy" else line["metric"].replace("_", " ")
    return " ".join(filter(None, (metric, _LABELS.get(line["labels"], line["labels"]), line["category"])))


def _number(value: str) -> str:
    return f"{float(value):.2f}" if "." in value else value or "–"


def _filters(line: Mapping[str, str], browsed: Browsed) -> dict[str, str]:
    """Return the filters of the images behind a value."""
    metric = line["metric"]
    kind = metric.removeprefix("oop_")
    return {
        "images": next((one.name for one in browsed.image_sets if one.title == line["image_set"]), ""),
        "labels": next((name for name, title in browsed.label_titles.items() if title == line["label_set"]), ""),
        "model": line["model"],
        "task": line["task"],
        "category": line["category"] if line["category"] in MEASURED else "",
        "truth": "imgt" if line["labels"] == "imgt" else "regt",
        "oop": "yes" if metric.startswith("oop_") else "",
        "kind": kind if kind in KINDS else "",
        "of_class": metric.removeprefix("recall_") if metric.startswith("recall_") else "",
    }
