"""The data that a table is built from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

from imeval.scoring.contract import BetweenSlices, Differences, Intervals, Metrics, Ranks
from imeval.scoring.metrics import Errors, NoObject, best_tasks

GROUPS = {"mllm": "MLLMs", "vlm": "VLMs", "supervised": "Supervised models"}
"""The groups of models with their titles, in the order of Table 3."""


@dataclass(frozen=True)
class ModelRow:
    """A model and its tasks in a table.

    `space` names the text encoder and the templates that map its answers, such as "sbert-none". `greedy` means that its
    backend decodes greedily, and every run is the same.
    """

    id: str
    title: str
    group: Literal["mllm", "vlm", "supervised", "labels"]
    tasks: tuple[str, ...]
    vision_backbone: str = ""
    language_model: str = ""
    training: str = ""
    space: str = ""
    greedy: bool = False


@dataclass(frozen=True)
class SlicedImages:
    """A slice of the images, as measured.

    `counts` are the images in each label category.
    """

    name: str
    counts: Mapping[str, int]
    metrics: pl.DataFrame
    intervals: pl.DataFrame
    differences: pl.DataFrame


@dataclass(frozen=True)
class Context:
    """Everything that a table can need.

    Attributes:
        relabelled: whether the labels are others than the original ones; if not, no column is of them.
        left_out: the number of images that are left out because their pictures are broken.
        repeated: the tasks that the configuration runs several times.
        counts: the number of images in each label category.
        settings: the settings that only this layout has, such as `positions`.
        beside_image_set, beside_label_set, beside_counts, beside_metrics: the same for a second image set.
        ranks, intervals, differences: empty if the layout does not print them.
        slices_title, slices, between: what the images are sliced by, the slices, and differences between them.
        label_set_id: the table's label set.
        other_titles, other_metrics: the label sets beside it, or the image sets, by name.
        compared: of each other image set the one that it is compared with, "" for the table's.
        not_shown: the titles of image sets that are left out, with the path that they lack.
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
    no_object: NoObject = "correct"
    relabelled: bool = True
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
    intervals: pl.DataFrame = field(default_factory=Intervals.create_empty)
    differences: pl.DataFrame = field(default_factory=Differences.create_empty)
    slices_title: str = ""
    slices: Sequence[SlicedImages] = ()
    between: pl.DataFrame = field(default_factory=BetweenSlices.create_empty)
    label_set_id: str = ""
    other_titles: Mapping[str, str] = field(default_factory=dict)
    other_metrics: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    compared: Mapping[str, str] = field(default_factory=dict)
    not_shown: Mapping[str, str] = field(default_factory=dict)

    @property
    def label_titles(self) -> dict[str, str]:
        """Return the titles of labels `imgt` and, if there are others, `regt`."""
        return {"imgt": "ImGT", **({"regt": self.label_set} if self.relabelled else {})}

    @property
    def best_labels(self) -> str:
        """Return the title of the labels by which best tasks are chosen."""
        return self.label_titles.get(self.best_task_by, "ImGT")

    @property
    def model_tasks(self) -> list[tuple[ModelRow, str]]:
        """Return every model with each task, in order."""
        return [(model, task) for model in self.models for task in model.tasks]

    @property
    def mllms(self) -> list[ModelRow]:
        """Return the multimodal LLMs among the models."""
        return [model for model in self.models if model.group == "mllm"]

    @property
    def best_tasks(self) -> dict[str, str]:
        """Return each model's most accurate task.

        The accuracy is over all images, under the labels `best_task_by`. The first of equally accurate tasks wins.
        """
        entries = [(model.id, task) for model, task in self.model_tasks]
        return best_tasks(self.metrics, entries, self.best_task_by)
