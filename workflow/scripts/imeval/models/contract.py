"""The Parquet contracts of classifier outputs and embeddings."""

import polars as pl

from imeval.base.columns import class_column, dy


class Outputs(dy.Schema):
    """The top classes of each image with scores, best first.

    An image for which the model failed has none.
    """

    image_id = dy.String(primary_key=True, min_length=1)
    class_ids = dy.List(class_column())
    scores = dy.List(dy.Float32())

    @dy.rule()
    def one_score_a_class(cls) -> pl.Expr:
        """Return whether the lists are equally long."""
        return pl.col("class_ids").list.len() == pl.col("scores").list.len()


class ImageEmbeddings(dy.Schema):
    """Each image's unit vector, in the space of the class embeddings.

    It is empty for an image for which the model failed.
    """

    image_id = dy.String(primary_key=True, min_length=1)
    vector = dy.List(dy.Float32())


class ClassEmbeddings(dy.Schema):
    """The unit vector of each class name."""

    class_id = class_column(primary_key=True)
    name = dy.String(min_length=1)
    vector = dy.List(dy.Float32(), min_length=1)


class TextEmbeddings(dy.Schema):
    """The unit vector of each distinct answer."""

    text = dy.String(primary_key=True, min_length=1)
    vector = dy.List(dy.Float32(), min_length=1)
