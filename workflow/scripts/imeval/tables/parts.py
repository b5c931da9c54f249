"""What every table is made of: cells, columns, rows and the numbers of a run, before they are rendered."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import polars as pl

from imeval.errors import mistake
from imeval.metrics import MEMBERS, Errors
from imeval.schemas import Metrics
from imeval.statistics import dense_ranks


@dataclass(frozen=True)
class Number:
    """A number in a cell, with what it rests on.

    `value`, the interval and `reference` are in percent, a count is itself; `value` is None over no image.
    `reference` is the value that the change in small figures is measured from.
    """

    metric: str
    labels: str
    category: str
    value: float | None
    decimals: int
    n: int
    n_hit: int
    n_empty: int | None = None
    n_error: int | None = None
    n_oop: int | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    reference: float | None = None
    rank: int | None = None
    best: bool = False

    @property
    def delta(self) -> float | None:
        """The change from the reference, in percentage points, of the unrounded values."""
        return None if self.value is None or self.reference is None else self.value - self.reference


Cell = str | Number


@dataclass(frozen=True)
class Column:
    """A column's heading; neighbours of one `group` share a heading above; `subscript` is the number of images."""

    title: str
    group: str = ""
    subscript: str = ""
    numeric: bool = False


@dataclass(frozen=True)
class Row:
    """One row, with what identifies it in the .csv."""

    cells: tuple[Cell, ...]
    model: str = ""
    title: str = ""
    group: str = ""
    task: str = ""


@dataclass(frozen=True)
class Block:
    """Rows between two rules, under a heading if it has a title."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Table:
    """A table before it is rendered; no text in it is markup."""

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


@dataclass(frozen=True)
class ModelRow:
    """A model as the tables list it; its tasks in the order of Table 4."""

    id: str
    title: str
    group: Literal["mllm", "vlm", "supervised"]
    tasks: tuple[str, ...]
    vision_backbone: str = ""
    language_model: str = ""


@dataclass(frozen=True)
class Context:
    """All a table can need; `counts` (images a category) and `metrics` only where it prints numbers."""

    name: str
    title: str
    image_set: str
    label_set: str
    models: tuple[ModelRow, ...]
    task_titles: Mapping[str, str]
    equivalent: Literal["none", "plus", "merge"]
    best_task_by: Literal["regt", "imgt"]
    errors: Errors
    confidence: float
    expected_images: int | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    metrics: pl.DataFrame = field(default_factory=Metrics.create_empty)


@dataclass(frozen=True)
class Slot:
    """Which metric a column prints."""

    metric: str
    labels: str
    category: str


_REGT = tuple(Slot("accuracy", "regt", category) for category in MEMBERS if category != "N")
ACCURACY = (Slot("accuracy", "imgt", "A"), *_REGT)
BOTH = Slot("accuracy", "imgt_and_regt", "A")
OUT_OF_PROMPT = tuple(Slot("oop_rate", "regt", category) for category in MEMBERS)


class Results:
    """The metrics of a run, by model, task and slot."""

    def __init__(self, metrics: pl.DataFrame) -> None:
        self._rows = {tuple(row[key] for key in Metrics.primary_key()): row for row in metrics.iter_rows(named=True)}

    def row(self, model: str, task: str, slot: Slot) -> dict[str, Any]:
        key = (model, task, slot.metric, slot.labels, slot.category)
        if key not in self._rows:
            raise mistake("metrics", "model/task", f"a row for {'/'.join(key)}", "none", "measure this model and task")
        return self._rows[key]

    def number(self, model: str, task: str, slot: Slot, decimals: int) -> Number:
        row = self.row(model, task, slot)
        return Number(
            slot.metric,
            slot.labels,
            slot.category,
            _percent(row["value"]),
            decimals,
            ci_low=_percent(row["ci_low"]),
            ci_high=_percent(row["ci_high"]),
            **{count: row[count] for count in ("n", "n_hit", "n_empty", "n_error", "n_oop")},
        )


def table(
    context: Context, caption: str, columns: Sequence[Column], blocks: Iterable[Block], notes: Iterable[str]
) -> Table:
    filled = tuple(block for block in blocks if block.rows)
    none = () if filled else ("No model of this run belongs here.",)
    return Table(
        context.name,
        context.title,
        caption,
        context.image_set,
        context.label_set,
        context.confidence,
        tuple(columns),
        filled,
        (*none, *notes),
    )


def model_row(model: ModelRow, task: str, context: Context, numbers: Iterable[Number]) -> Row:
    cells: tuple[Cell, ...] = (model.title, context.task_titles[task], *numbers)
    return Row(cells, model.id, model.title, model.group, task)


def ranked(column: Sequence[Number]) -> list[Number]:
    ranks = dense_ranks([number.value for number in column])
    return [replace(number, rank=rank, best=rank == 1) for number, rank in zip(column, ranks, strict=True)]


def _percent(fraction: float | None) -> float | None:
    return None if fraction is None else 100 * fraction


def symbol(category: str) -> str:
    return category.replace("+", "⁺").replace("-", "⁻")


def category_column(category: str, context: Context, group: str = "") -> Column:
    return Column(symbol(category), group, str(context.counts[category]), numeric=True)


def accuracy_columns(context: Context) -> list[Column]:
    groups = {"imgt": "ImGT", "regt": context.label_set}
    return [category_column(slot.category, context, groups[slot.labels]) for slot in ACCURACY]


def count_notes(context: Context) -> Iterator[str]:
    images = context.counts["A"]
    if context.expected_images is not None and images < context.expected_images:
        yield f"Only {images} of the {context.expected_images} expected images."
    empty = [symbol(category) for category, count in context.counts.items() if not count]
    if empty:
        yield f"No image falls into {', '.join(empty)}."


def answer_notes(context: Context, results: Results, shown: Sequence[tuple[ModelRow, str]]) -> Iterator[str]:
    """Tell of every model the requests that failed and the answers without a text."""
    treated = {"exclude": "left out of its percentages", "wrong": "counted as not correct"}[context.errors]
    for model, task in shown:
        row = results.row(model.id, task, Slot("accuracy", "regt", "A"))
        parts = []
        if row["n_error"]:
            parts.append(f"{row['n_error']} of {row['n']} requests failed ({treated})")
        if row["n_empty"]:
            parts.append(f"{row['n_empty']} of {row['n']} answers were empty or refused (no class)")
        if parts:
            yield f"{model.title}, {context.task_titles[task]}: {'; '.join(parts)}."
