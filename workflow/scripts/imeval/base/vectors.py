"""Conversion of vectors between list columns and matrices."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Matrix = NDArray[np.float32]


def unit(vectors: Matrix) -> Matrix:
    """Scale every row to length 1."""
    scaled: Matrix = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return scaled


def as_matrix(vectors: pl.Series) -> NDArray[Any]:
    """Return a list column as a matrix; it must have rows."""
    # Contracts do not declare the length of vectors, so that of the first one counts.
    matrix: NDArray[Any] = vectors.list.to_array(len(vectors[0])).to_numpy()
    return matrix


def as_lists(name: str, matrix: NDArray[Any]) -> pl.Series:
    """Return a matrix as a list column."""
    return pl.Series(name, matrix).arr.to_list()
