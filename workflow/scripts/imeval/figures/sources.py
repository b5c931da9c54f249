"""A figure's sources and settings, declared in its module for planning."""

from dataclasses import dataclass
from typing import Annotated, Literal

from imeval.models.facts import EntryOf

OfTheTable = Literal["agreement", "differences", "labels", "other_labels", "pictures"]
"""The results that a table's rows share.

agreement, differences: how the models err together, and their paired differences. labels: the labels of the images.
other_labels: those of the first label set beside the table's own. pictures: the photographs themselves, in shards.
"""

OfARow = Literal[
    "answer_embeddings", "choices", "class_embeddings", "metrics", "outputs", "predictions", "responses", "scores"
]
"""The results that each row of a table has."""

Source = OfTheTable | OfARow | Literal["confusions", "image_outcomes", "outcomes"]
"""A result behind a figure.

Three are no table's. confusions: the matrix behind the distractors of multiple choice. outcomes: what came of the
second annotation pass over the run's labels. image_outcomes: the same for each image.
"""

Rows = Literal["all", "mapped", "offered", "paid", "placed", "scored", "sized"]
"""The rows of its table that a figure is of.

mapped: answers in words that an embedding maps where they are no class name. offered: answers to multiple-choice
questions. paid: models with prices. placed: answers to requests about several images, and imported answers, which may
be such. scored: classifiers, whose outputs have scores. sized: models with a number of parameters.
"""


@dataclass(frozen=True)
class Sources:
    """The results behind a figure, which planning reads without importing it.

    Attributes:
        files: the results that the figure reads.
        rows: the rows of its table that it is of.
        relabelled: whether it compares ImGT with other labels, and is nothing without them.
        pictures_needed: whether it is nothing without pictures, if it reads them.
    """

    files: tuple[Source, ...]
    rows: Rows = "all"
    relabelled: bool = False
    pictures_needed: bool = True


@dataclass(frozen=True)
class OfTable:
    """The keys of every figure of a table's rows."""

    table: Annotated[str, EntryOf("tables")] = "table3"
    """The entry of `tables` whose images, labels, models and tasks are drawn."""
