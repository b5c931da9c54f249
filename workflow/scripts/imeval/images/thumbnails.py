"""Small pictures for pages, from the shards of an image set."""

import io
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq
from PIL import Image

from imeval.base import parquet
from imeval.images.contract import Images
from imeval.images.decoding import decode

SIDE = 192
"""The longer side of a small picture, in pixels."""

MOST_BYTES = 12_000
"""A small picture has at most so many bytes."""

# The last one keeps even noise of this size within the limit.
_QUALITIES = (80, 60, 40, 20, 5)


def thumbnail(data: bytes, name: object) -> bytes:
    """Return a picture as a small JPEG, within `MOST_BYTES`.

    It has the pixels that models see: upright or not, as stored, without regard to the EXIF orientation.

    Raises:
        UserError: as `decode`.
    """
    image = decode(data, name)
    image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    for quality in _QUALITIES:
        with io.BytesIO() as file:
            image.save(file, "JPEG", quality=quality, optimize=True)
            small = file.getvalue()
        if len(small) <= MOST_BYTES:
            break
    return small


def pictures(shards: Sequence[str | Path], image_ids: Collection[str]) -> Iterator[tuple[str, bytes]]:
    """Yield some images of shards with their encoded files.

    Of a shard, only the parts that hold one of them are read.

    Raises:
        UserError: as `parquet.read`.
    """
    wanted = pl.Series(sorted(image_ids), dtype=pl.String)
    for shard in shards:
        places = parquet.read(shard, Images, ["image_id"])["image_id"].is_in(wanted.implode()).arg_true()
        with pq.ParquetFile(shard) as file:
            sizes = [file.metadata.row_group(group).num_rows for group in range(file.metadata.num_row_groups)]
            groups = sorted(set(np.searchsorted(np.cumsum(sizes), places.to_numpy(), side="right").tolist()))
            for group in groups:
                part = pl.DataFrame(file.read_row_group(group, columns=["image_id", parquet.PHOTOGRAPHS]))
                yield from part.filter(pl.col("image_id").is_in(wanted.implode())).iter_rows()
