"""Reading of photographs, a few at a time."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from imeval.base import parquet
from imeval.base.progress import images_counted, rows
from imeval.images.contract import Images, Photographs

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


def group_sizes(path: str | Path) -> list[int]:
    """Return the number of photographs in each row group of a shard."""
    with pq.ParquetFile(path) as file:
        return [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]


def read_group(path: str | Path, group: int) -> pl.DataFrame:
    """Return a row group of a shard; its photographs are not verified."""
    with pq.ParquetFile(path) as file:
        return pl.DataFrame(file.read_row_group(group))


def listed(shards: Sequence[str | Path]) -> pl.DataFrame:
    """Return the photographs of all shards, as a Photographs frame.

    Raises:
        UserError: as `parquet.read`.
    """
    return pl.concat(
        parquet.read(path, Images, ["image_id", "sha256"]).with_columns(shard=pl.lit(Path(path).stem))
        for path in shards
    )


def gathered(path: str | Path, image_ids: Sequence[str]) -> pl.DataFrame:
    """Return photographs of any shard, in the order of their ids.

    Args:
        path: the Photographs file, beside the shards.
        image_ids: the ids, each once.

    Raises:
        UserError: as `parquet.read_batches`.
    """
    wanted = pl.DataFrame({"image_id": image_ids}, schema={"image_id": pl.String})
    shards = wanted.join(parquet.read(path, Photographs), on="image_id")["shard"].unique().sort()
    # Frame by frame: only the wanted images are in memory at once.
    found = [
        frame.join(wanted, on="image_id", how="semi")
        for shard in shards
        for frame in read(Path(path).with_name(f"{shard}.parquet"))
    ]
    return wanted.join(pl.concat([Images.create_empty(), *found]), on="image_id", how="left", maintain_order="left")
