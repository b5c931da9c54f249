"""Small pictures for pages, from the shards of an image set."""

import io
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image

from imeval.base import parquet
from imeval.images import photographs
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
        ends = np.cumsum(photographs.group_sizes(shard))
        for group in sorted(set(np.searchsorted(ends, places.to_numpy(), side="right").tolist())):
            part = photographs.read_group(shard, group).filter(pl.col("image_id").is_in(wanted.implode()))
            parquet.require_whole_photographs(Path(shard), part)
            yield from part.select("image_id", parquet.PHOTOGRAPHS).iter_rows()
