"""The data that a figure is drawn from."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from imeval.asking.clean_text import THOUGHT_TAGS
from imeval.base import parquet
from imeval.base.columns import dy
from imeval.figures.sources import OfARow, Source
from imeval.labels import class_lists
from imeval.labels.classes import renamed
from imeval.scoring.contract import Metrics
from imeval.scoring.metrics import best_tasks

Group = Literal["mllm", "vlm", "supervised", "labels"]

GROUPS: Mapping[Group, str] = {"mllm": "MLLMs", "vlm": "VLMs", "supervised": "Supervised", "labels": "Labels"}
"""The groups of models in the order of the figures, with their titles."""

Entry = tuple[str, str]
"""A model and a task: a row of a table."""


@dataclass(frozen=True)
class Model:
    """A model in a figure.

    `parameters` are in billions. `prices` are dollars per million tokens, as in `asking.prices.Prices`.
    `thought_tags` are the names of tags around its thoughts.
    """

    title: str
    group: Group
    parameters: float | None = None
    prices: Mapping[str, float] = field(default_factory=dict)
    thought_tags: Sequence[str] = THOUGHT_TAGS


@dataclass(frozen=True)
class Context:
    """Everything that a figure can need.

    Attributes:
        files: the results, by source; those of a row by source and place, such as "scores_0".
        subject: the title of the images.
        label_set: the title of the labels that stand as ReGT.
        other_label_set: the title of the label set that it is compared with, if any.
        models: the models by id, in the order of the table.
        rows: the models with their tasks.
        task_titles: the titles of the tasks in `rows`.
        best_task_by: the labels that select a model's best task.
        confidence: the confidence of intervals, such as 0.95.
        class_renames: the class names that the image set replaces, by class id.
    """

    files: Mapping[str, Sequence[str]]
    subject: str
    label_set: str
    models: Mapping[str, Model]
    rows: Sequence[Entry] = ()
    task_titles: Mapping[str, str] = field(default_factory=dict)
    best_task_by: Literal["regt", "imgt"] = "regt"
    confidence: float = 0.95
    class_renames: Mapping[str, str] = field(default_factory=dict)
    other_label_set: str = ""

    def read(self, source: Source, contract: type[dy.Schema]) -> pl.DataFrame:
        """Read a result that is no row's own."""
        return parquet.read_all(self.files[source], contract)

    def read_row(self, source: OfARow, row: Entry, contract: type[dy.Schema]) -> pl.DataFrame:
        """Read a result of a row."""
        return parquet.read_all(self.files[f"{source}_{self.rows.index(row)}"], contract)

    @property
    def names(self) -> Sequence[str]:
        """Return the class names by class id."""
        return renamed(class_lists.of_job(self.files.get("class_list", ())).names, self.class_renames)

    @property
    def label_titles(self) -> Mapping[str, str]:
        """Return the titles of the labels `imgt` and `regt`."""
        return {"imgt": "ImGT", "regt": self.label_set}

    @property
    def best_rows(self) -> list[Entry]:
        """Return each model's most accurate row, grouped."""
        measured = pl.concat([Metrics.create_empty(), *(self.read_row("metrics", row, Metrics) for row in self.rows)])
        best = best_tasks(measured, self.rows, self.best_task_by)
        return [(model, best[model]) for model in self.grouped(best)]

    def grouped(self, models: Mapping[str, object] | Sequence[str]) -> list[str]:
        """Return models by group, then as in the table."""
        order = list(GROUPS)
        return sorted(models, key=lambda name: order.index(self.models[name].group))

    def title(self, row: Entry, *, several: bool) -> str:
        """Return a row's title, with its task if needed."""
        model, task = row
        title = self.models[model].title
        return f"{title}, {self.task_titles[task]}" if several else title


def named(names: Sequence[str], column: str | None = None) -> pl.Expr:
    """Return the class names of a column's ids.

    Without a column they are those of a list's elements.
    """
    ids = pl.element() if column is None else pl.col(column)
    return ids.replace_strict(dict(enumerate(names)), return_dtype=pl.String)


def seeded(seed: int, name: str) -> str:
    """Return a sort key that orders names at random.

    It depends on nothing but the seed and the name.
    """
    return hashlib.sha256(f"{seed}:{name}".encode()).hexdigest()
