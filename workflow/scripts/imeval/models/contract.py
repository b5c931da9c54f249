"""The Parquet contracts of what vision models and text encoders compute."""

import polars as pl

from imeval.base.columns import class_column, dy


class Outputs(dy.Schema):
    """A classifier's top classes of each image, best first, with their scores."""

    image_id = dy.String(primary_key=True, min_length=1)
    class_ids = dy.List(class_column(), min_length=1)
    scores = dy.List(dy.Float32(), min_length=1)

    @dy.rule()
    def one_score_a_class(cls) -> pl.Expr:
        """Return whether both lists have one length."""
        return pl.col("class_ids").list.len() == pl.col("scores").list.len()


class ImageEmbeddings(dy.Schema):
    """One vector an image, in the space of an encoder's class embeddings; unit length."""

    image_id = dy.String(primary_key=True, min_length=1)
    vector = dy.List(dy.Float32(), min_length=1)


class ClassEmbeddings(dy.Schema):
    """One vector a class name; unit length."""

    class_id = class_column(primary_key=True)
    name = dy.String(min_length=1)
    vector = dy.List(dy.Float32(), min_length=1)


class TextEmbeddings(dy.Schema):
    """One vector a distinct answer; unit length."""

    text = dy.String(primary_key=True, min_length=1)
    vector = dy.List(dy.Float32(), min_length=1)
