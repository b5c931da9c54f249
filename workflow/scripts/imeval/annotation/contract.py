"""Parquet contracts of the second annotation pass."""

import polars as pl

from imeval.base.columns import class_column, dy, one_of
from imeval.labels.contract import CATEGORIES

REASONS = ("disputed", "control")
"""Why people review an image: its labels are disputed, or it is one of a random sample of the others."""


class Disputes(dy.Schema):
    """The images that people review, in the order of their ranks.

    Those of the reason "disputed" come first, those with the most evidence against their labels before the others.
    `class_id` is the class that most evidence is for, among those that the labels do not admit: `models` of the
    `of_models` models that have a class for the image predict it, and `evidence` is the sum of their weights (see
    `evidence.weights`). `confident_class` and `confident_count` are those of `confident.Pair`. All these are null where
    there is nothing. `suggestions` has the classes that models find likely, the likeliest first.
    """

    image_id = dy.String(primary_key=True, min_length=1)
    rank = dy.Int32(min=1)
    reason = one_of(REASONS)
    category = one_of(CATEGORIES)
    imgt = class_column()
    labels = dy.List(class_column())
    class_id = class_column(nullable=True)
    models = dy.Int16(min=0)
    of_models = dy.Int16(min=0)
    evidence = dy.Float64(min=0)
    confident_class = class_column(nullable=True)
    confident_count = dy.Int32(nullable=True, min=1)
    suggestions = dy.List(class_column())

    @dy.rule()
    def ranks_differ(cls) -> pl.Expr:
        """Return whether no two images have the same rank."""
        return pl.col("rank").is_unique()


class Proposals(dy.Schema):
    """The classes that each source proposes for a reviewed image.

    A source is one of `annotation.LABEL_SOURCES` or the name of a model. The list is empty where a label set has no
    label, or a model no class.
    """

    image_id = dy.String(primary_key=True, min_length=1)
    source = dy.String(primary_key=True, min_length=1)
    class_ids = dy.List(class_column())
