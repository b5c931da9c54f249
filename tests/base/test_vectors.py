import numpy as np
import polars as pl
from imeval.base.vectors import as_lists, as_matrix, unit


def test_rows_are_scaled_to_length_one() -> None:
    scaled = unit(np.array([[3, 4], [0, 2]], dtype=np.float32))
    assert scaled.tolist() == np.array([[0.6, 0.8], [0, 1]], dtype=np.float32).tolist()
    assert scaled.dtype == np.float32


def test_a_list_column_is_a_matrix_of_the_same_type_and_back() -> None:
    for dtype in (pl.Float32, pl.Int16):
        column = pl.Series("vector", [[1, 2], [3, 4], [5, 6]], dtype=pl.List(dtype))
        matrix = as_matrix(column)
        assert matrix.tolist() == [[1, 2], [3, 4], [5, 6]]
        assert as_lists("vector", matrix).equals(column, check_dtypes=True, check_names=True)
