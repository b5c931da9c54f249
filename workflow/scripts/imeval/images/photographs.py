"""A shard of photographs, a few at a time."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from imeval.base import parquet
from imeval.base.progress import images_counted, rows
from imeval.images.contract import Images

# A photograph has about 0.1 MB: few at a time bound the memory.
_PHOTOGRAPHS_AT_ONCE = 64

# A model may take seconds for a photograph, and progress is to move on.
_COUNTED_AT_ONCE = 4


def read(path: str | Path) -> Iterator[pl.DataFrame]:
    """Yield a shard as Images frames.

    They are in the order of the ids.

    Raises:
        UserError: as `parquet.read_batches`.
    """
    return parquet.read_batches(path, Images, _PHOTOGRAPHS_AT_ONCE)


def counted(path: str) -> Iterator[pl.DataFrame]:
    """Yield a shard, and log how many are done."""
    return images_counted(read(path), rows([path]), _COUNTED_AT_ONCE)
