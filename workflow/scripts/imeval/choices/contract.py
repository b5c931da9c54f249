"""The Parquet contracts of multiple choice.

They are those of confusions and of questions.
"""

import polars as pl

from imeval.base.columns import class_column, dy, one_of

SOURCES = ("imgt", "regt", "confusion", "score", "text", "random")
"""Where an option comes from: a label, the confusions, the mean softmax score, near names, or chance."""


class Confusions(dy.Schema):
    """The counts of confused classes.

    A classifier takes one class for another. `images` counts the images with the original label `class_id` whose top-1
    class is `confused_with`; `mean_score` is the mean softmax score of `confused_with` over all images with that label.
    Pairs with neither are left out.
    """

    class_id = class_column(primary_key=True)
    confused_with = class_column(primary_key=True)
    images = dy.Int32(min=0)
    mean_score = dy.Float64(min=0)


class Choices(dy.Schema):
    """Multiple-choice questions.

    They have the options in order, and the source of each. `imgt_option` and `regt_option` are the places, from 0, of
    the original label and of the offered label of the label set; null if the question does not have it.
    """

    image_id = dy.String(primary_key=True, min_length=1)
    run = dy.Int16(primary_key=True, min=0)
    options = dy.List(class_column(), min_length=2)
    sources = dy.List(one_of(SOURCES), min_length=2)
    imgt_option = dy.Int16(min=0, nullable=True)
    regt_option = dy.Int16(min=0, nullable=True)

    @dy.rule()
    def one_source_an_option(cls) -> pl.Expr:
        """Return whether the lists are equally long."""
        return pl.col("options").list.len() == pl.col("sources").list.len()

    @dy.rule()
    def a_label_is_offered(cls) -> pl.Expr:
        """Return whether an option is a label.

        At least one option must be a label of the image.
        """
        return pl.col("imgt_option").is_not_null() | pl.col("regt_option").is_not_null()
