"""Reading of a shard of photographs, a few at a time."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from imeval.base import parquet
from imeval.base.progress import images_counted, rows
from imeval.images.contract import Images

# A photograph has about 0.1 MB, so this bounds the memory.
_PHOTOGRAPHS_AT_ONCE = 64

# Progress is logged after so few because a model may take seconds for each photograph.
_COUNTED_AT_ONCE = 4


def read(path: str | Path) -> Iterator[pl.DataFrame]:
    """Yield a shard as `Images` frames, sorted by image id.

    Raises:
        UserError: as `parquet.read_batches`.
    """
    return parquet.read_batches(path, Images, _PHOTOGRAPHS_AT_ONCE)


def counted(path: str) -> Iterator[pl.DataFrame]:
    """Yield a shard like `read`, logging the progress."""
    return images_counted(read(path), rows([path]), _COUNTED_AT_ONCE)
