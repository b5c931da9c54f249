"""Parquet contract of predictions."""

import polars as pl

from imeval.asking.contract import STATUSES
from imeval.base.columns import class_column, dy, one_of

METHODS = ("index", "exact", "letter", "embedding", "none")
"""The ways in which a class is found.

index: the answer or output is a class id. exact: the answer is a class name. letter: the answer names an option.
embedding: the class name has the nearest embedding. none: there is no class.
"""


class Predictions(dy.Schema):
    """The class of each answer or output.

    `status` is that of the response, or "unreadable" if its text holds no answer about the image. `similarity` is the
    cosine with the class, for the method "embedding". `oop` marks out-of-prompt answers, `oop_as_written` those that
    are out of prompt if only upper case is ignored. `alone` marks answers to a request about one image, where the model
    was asked about several in one.
    """

    version = 3
    image_id = dy.String(primary_key=True, min_length=1)
    run = dy.Int16(primary_key=True, min=0)
    status = one_of(STATUSES)
    text = dy.String(nullable=True)
    class_id = class_column(nullable=True)
    method = one_of(METHODS)
    similarity = dy.Float32(nullable=True)
    oop = dy.Bool()
    oop_as_written = dy.Bool()
    alone = dy.Bool()

    @dy.rule()
    def no_class_without_an_answer(cls) -> pl.Expr:
        """Return whether only answers have a class."""
        return pl.col("class_id").is_null() | pl.col("status").is_in(["ok", "truncated"])


class Candidates(dy.Schema):
    """All classes of each prediction, where one of several must be right."""

    image_id = dy.String(primary_key=True, min_length=1)
    run = dy.Int16(primary_key=True, min=0)
    class_ids = dy.List(class_column())
