"""Parquet contract of predictions."""

import polars as pl

from imeval.asking.contract import STATUSES
from imeval.base.columns import class_column, dy, one_of

METHODS = ("index", "exact", "letter", "embedding", "none")
"""How a class was found.

index: the answer or output is a class id. exact: the answer is a class name. letter: the answer is the letter of a
choice. embedding: the class is the nearest in the text encoder's space. none: there is no class.
"""


class Predictions(dy.Schema):
    """The class of each answer or output, or null.

    `status` is the response's, and unreadable for every text in which no answer about the image was found. `similarity`
    is the cosine with the class for the method "embedding". `oop` marks out-of-prompt answers.
    """

    version = 2
    image_id = dy.String(primary_key=True, min_length=1)
    run = dy.Int16(primary_key=True, min=0)
    status = one_of(STATUSES)
    text = dy.String(nullable=True)
    class_id = class_column(nullable=True)
    method = one_of(METHODS)
    similarity = dy.Float32(nullable=True)
    oop = dy.Bool()

    @dy.rule()
    def no_class_without_an_answer(cls) -> pl.Expr:
        """Return whether only answers have a class."""
        return pl.col("class_id").is_null() | pl.col("status").is_in(["ok", "truncated"])
