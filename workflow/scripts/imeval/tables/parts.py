"""What every table is made of: cells, columns, rows and the numbers of a run, before they are rendered."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import polars as pl

from imeval.base.errors import mistake
from imeval.scoring.contract import Comparisons, Metrics, Ranks
from imeval.scoring.metrics import MEMBERS, Errors, best_tasks
from imeval.scoring.statistics import dense_ranks


@dataclass(frozen=True)
class Number:
    """A number in a cell, with what it rests on.

    `value`, the interval and `reference` are in percent, a count is itself; `value` is None over no image.
    `reference` is the value that the change in small figures is measured from, `published` the paper's value.
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
    runs: int = 1
    published: float | None = None
    published_half_width: float | None = None
    rank_low: int | None = None
    rank_high: int | None = None

    @property
    def delta(self) -> float | None:
        """The change from the reference, in percentage points, of the unrounded values."""
        return None if self.value is None or self.reference is None else self.value - self.reference

    @property
    def difference(self) -> float | None:
        """The distance from the published value, in percentage points, of the unrounded value."""
        return None if self.value is None or self.published is None else self.value - self.published

    @property
    def half_width(self) -> float | None:
        """Half of the interval over several runs, which stands behind the value as ±; None for one run."""
        if self.runs == 1 or self.ci_low is None or self.ci_high is None:
            return None
        return (self.ci_high - self.ci_low) / 2


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
    """A model as a table lists it, with its tasks there in their order; `space` is its text encoder and templates."""

    id: str
    title: str
    group: Literal["mllm", "vlm", "supervised", "labels"]
    tasks: tuple[str, ...]
    vision_backbone: str = ""
    language_model: str = ""
    space: str = ""


@dataclass(frozen=True)
class Context:
    """All a table can need; `counts` (images a category) and `metrics` only where it prints numbers.

    `left_out` counts the images that are missing from every number, as their pictures are broken. `repeated` are the
    tasks that the configuration runs several times. `settings` are those of the table's own layout. A table over two
    image sets has the counts and metrics of the second, and its titles, in `beside_…`.
    """

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
    left_out: int = 0
    repeated: Sequence[str] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    metrics: pl.DataFrame = field(default_factory=Metrics.create_empty)
    settings: Mapping[str, Any] = field(default_factory=dict)
    beside_image_set: str = ""
    beside_label_set: str = ""
    beside_counts: Mapping[str, int] = field(default_factory=dict)
    beside_metrics: pl.DataFrame = field(default_factory=Metrics.create_empty)
    ranks: pl.DataFrame = field(default_factory=Ranks.create_empty)
    comparisons: pl.DataFrame = field(default_factory=Comparisons.create_empty)

    @property
    def best_tasks(self) -> dict[str, str]:
        """Each model's task of the highest accuracy over all images, under the labels of `best_task_by`."""
        entries = [(model.id, task) for model in self.models for task in model.tasks]
        return best_tasks(self.metrics, entries, self.best_task_by)


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
        """Return the metrics row of a slot.

        Raises:
            UserError: the model and task were not measured.
        """
        key = (model, task, slot.metric, slot.labels, slot.category)
        if key not in self._rows:
            raise mistake("metrics", "model/task", f"a row for {'/'.join(key)}", "none", "measure this model and task")
        return self._rows[key]

    def __contains__(self, key: tuple[str, str, Slot]) -> bool:
        """Tell whether a slot of a model and task was measured; a class without an image is not."""
        model, task, slot = key
        return (model, task, slot.metric, slot.labels, slot.category) in self._rows

    def number(self, model: str, task: str, slot: Slot, decimals: int) -> Number:
        """Return a slot's metric as a number of a cell, in percent."""
        row = self.row(model, task, slot)
        return Number(
            slot.metric,
            slot.labels,
            slot.category,
            _percent(row["value"]),
            decimals,
            ci_low=_percent(row["ci_low"]),
            ci_high=_percent(row["ci_high"]),
            **{count: row[count] for count in ("n", "n_hit", "n_empty", "n_error", "n_oop", "runs")},
        )

    def out_of_prompt_images(self, model: str, task: str, decimals: int = 0) -> Number:
        """Return how many images have an out-of-prompt answer, in the mean over the runs, as the paper counts them."""
        row = self.row(model, task, Slot("oop_rate", "regt", "A"))
        images = row["n"] / row["runs"]
        value, low, high = (None if row[key] is None else images * row[key] for key in ("value", "ci_low", "ci_high"))
        number = self.number(model, task, Slot("oop_rate", "regt", "A"), decimals)
        return replace(number, metric="oop_images", value=value, ci_low=low, ci_high=high)


def table(
    context: Context, caption: str, columns: Sequence[Column], blocks: Iterable[Block], notes: Iterable[str]
) -> Table:
    """Make a table of the blocks that have a row."""
    filled = tuple(block for block in blocks if block.rows)
    none = () if filled else ("No model of this run belongs here.",)
    return Table(
        context.name,
        context.title,
        caption,
        f"{context.image_set}, without {context.left_out} broken" if context.left_out else context.image_set,
        context.label_set,
        context.confidence,
        tuple(columns),
        filled,
        (*none, *_left_out_note(context), *notes),
    )


def model_row(model: ModelRow, task: str, context: Context, numbers: Iterable[Number]) -> Row:
    """Make a row that names its model and task."""
    cells: tuple[Cell, ...] = (model.title, context.task_titles[task], *numbers)
    return Row(cells, model.id, model.title, model.group, task)


def ranked(column: Sequence[Number]) -> list[Number]:
    """Rank a column's numbers densely and mark the best."""
    ranks = dense_ranks([number.value for number in column])
    return [replace(number, rank=rank, best=rank == 1) for number, rank in zip(column, ranks, strict=True)]


def _percent(fraction: float | None) -> float | None:
    return None if fraction is None else 100 * fraction


def symbol(category: str) -> str:
    """Return a category as it is printed, S+ as S⁺."""
    return category.replace("+", "⁺").replace("-", "⁻")


def category_column(category: str, context: Context, group: str = "") -> Column:
    """Head a column with a category and its number of images."""
    return Column(symbol(category), group, str(context.counts[category]), numeric=True)


def accuracy_columns(context: Context, slots: Sequence[Slot] = ACCURACY) -> list[Column]:
    """Head the columns of accuracies, grouped by label set."""
    groups = {"imgt": "ImGT", "regt": context.label_set}
    return [category_column(slot.category, context, groups[slot.labels]) for slot in slots]


def _left_out_note(context: Context) -> Iterator[str]:
    if context.left_out:
        yield f"Left out of {context.image_set}, as their pictures are broken: {context.left_out}."


def count_notes(context: Context) -> Iterator[str]:
    """Tell of empty categories."""
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
