"""Outputs frames made from scores."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from imeval.base.vectors import Matrix, as_lists


def top_classes(image_ids: Sequence[str], scores: Matrix, top_k: int) -> pl.DataFrame:
    """Return the best classes of images as an Outputs frame.

    Of classes with equal scores, the one with the lower class id comes first. An image with scores that are NaN, for
    which the model failed, has no classes.

    Args:
        image_ids: the images, in the order of the rows of `scores`.
        scores: (images, classes), a column for each class id.
        top_k: the number of classes to keep.
    """
    # A stable sort keeps the order of class ids among equal scores.
    best: NDArray[np.intp] = np.argsort(-scores, axis=1, kind="stable")[:, :top_k]
    kept = np.take_along_axis(scores, best, axis=1)
    ids = pl.Series("image_id", image_ids, dtype=pl.String)
    frame = pl.DataFrame([ids, as_lists("class_ids", best.astype(np.int16)), as_lists("scores", kept)])
    return with_failed(ids, frame.filter(~pl.Series(np.isnan(scores).any(axis=1))))


def with_failed(image_ids: pl.Series, found: pl.DataFrame) -> pl.DataFrame:
    """Return a row for each image, with empty lists if needed.

    Args:
        image_ids: all images, in order.
        found: a frame of some of them, with columns of lists beside image_id.
    """
    rows = image_ids.to_frame().join(found, on="image_id", how="left", maintain_order="left")
    return rows.with_columns(pl.exclude("image_id").fill_null([]))


def sound(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """Return the rows with a list: the model did not fail."""
    return frame.filter(pl.col(column).list.len() > 0)
