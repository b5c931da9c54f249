"""Parquet contracts of confusions and multiple-choice questions."""

import polars as pl

from imeval.base.columns import class_column, dy, one_of

SOURCES = ("imgt", "regt", "confusion", "score", "text", "random")
"""Where an option comes from.

imgt, regt: a label of the image. confusion: a class that the classifier confused with a label. score: a class that it
never confused, by its mean softmax score. text: a class with a similar name. random: a random class.
"""


class Confusions(dy.Schema):
    """A classifier's confusion matrix without its diagonal.

    `images` counts the images with the original label `class_id` whose top-1 class is `confused_with`. `mean_score` is
    the mean softmax score of `confused_with` over all images with this label. Pairs without images and score have no
    row.
    """

    class_id = class_column(primary_key=True)
    confused_with = class_column(primary_key=True)
    images = dy.Int32(min=0)
    mean_score = dy.Float64(min=0)


class Choices(dy.Schema):
    """Multiple-choice questions.

    `options` are class ids in the order of the letters, and `sources` says where each option comes from. `imgt_option`
    and `regt_option` are the places, from 0, of the original label and of the label set's label. They are null if the
    question does not offer this label.
    """

    image_id = dy.String(primary_key=True, min_length=1)
    run = dy.Int16(primary_key=True, min=0)
    options = dy.List(class_column(), min_length=2)
    sources = dy.List(one_of(SOURCES), min_length=2)
    imgt_option = dy.Int16(min=0, nullable=True)
    regt_option = dy.Int16(min=0, nullable=True)

    @dy.rule()
    def one_source_an_option(cls) -> pl.Expr:
        """Return whether every option has one source."""
        return pl.col("options").list.len() == pl.col("sources").list.len()

    @dy.rule()
    def a_label_is_offered(cls) -> pl.Expr:
        """Return whether an option is a label."""
        return pl.col("imgt_option").is_not_null() | pl.col("regt_option").is_not_null()
