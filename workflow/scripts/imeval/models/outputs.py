"""Outputs frames made from scores."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from imeval.base.vectors import Matrix, as_lists


def top_classes(image_ids: Sequence[str], scores: Matrix, top_k: int) -> pl.DataFrame:
    """Return the best classes of images as an Outputs frame.

    Of classes with equal scores, the one with the lower class id comes first.

    Args:
        image_ids: the images, in the order of the rows of `scores`.
        scores: (images, classes), a column for each class id.
        top_k: the number of classes to keep.
    """
    # A stable sort keeps the order of class ids among equal scores.
    best: NDArray[np.intp] = np.argsort(-scores, axis=1, kind="stable")[:, :top_k]
    kept = np.take_along_axis(scores, best, axis=1)
    ids = pl.Series("image_id", image_ids, dtype=pl.String)
    return pl.DataFrame([ids, as_lists("class_ids", best.astype(np.int16)), as_lists("scores", kept)])
