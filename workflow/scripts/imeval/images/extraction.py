"""Extraction of a shard's pictures."""

import hashlib
import logging
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl
import pyarrow as pa

from imeval.base import parquet
from imeval.base.errors import UserError, mistake
from imeval.images import decoding
from imeval.images.contract import ImageFacts, Images
from imeval.images.places import Place, Read

OnBroken = Literal["stop", "skip"]

AT_ONCE = 64
"""The number of pictures in one table: few enough for the processor's cache."""


_LARGEST = 2**30
"""The bytes of a picture's file. A disk may hold a file of terabytes that takes no room, and the memory does not."""


def shard_rows(listing: pl.DataFrame, shard: int, shards: int) -> pl.DataFrame:
    """Return the selected images of one shard.

    Shards are numbered from 0. Each is a contiguous part of the sorted images, and the sizes of shards differ by at
    most one.
    """
    selected = listing.filter("selected").sort("image_id")
    first, end = ((number * len(selected)) // shards for number in (shard, shard + 1))
    return selected[first:end]


def places(rows: pl.DataFrame) -> list[Place]:
    """Return the places of pictures in `ImageListing` rows.

    Raises:
        UserError: an image without a picture.
    """
    if absent := rows.filter(pl.col("source").is_null())["image_id"].to_list():
        raise mistake(f"image {absent[0]}", "picture", "a file", "none", "give the image set a source")
    return [Place(*row) for row in rows.select("source", "archive", "position", "size").iter_rows()]


def extract(read: Read, rows: pl.DataFrame, on_broken: OnBroken) -> Iterator[pa.Table]:
    """Yield pictures of `ImageListing` rows as `Images` tables.

    Each table has at most `AT_ONCE` pictures, in the order of the rows. With `on_broken` "skip", a broken picture is
    logged and left out.

    Raises:
        UserError: a picture that cannot be read, or a broken one with `on_broken` "stop".
    """
    listed = zip(rows["image_id"].to_list(), rows["imgt"].to_list(), places(rows), strict=True)
    while batch := list(islice(listed, AT_ONCE)):
        yield _table(read, batch, on_broken)


def _table(read: Read, batch: list[tuple[str, int, Place]], on_broken: OnBroken) -> pa.Table:
    schema = parquet.arrow_schema(Images)
    extracted: dict[str, list[Any]] = {name: [] for name in schema.names}
    for name, imgt, place in batch:
        # Outside the `try`: a picture that cannot be read now may be whole, so it is never skipped as broken.
        data = read(place) if (place.size or 0) <= _LARGEST else b""
        try:
            _require_bounded(place)
            width, height = decoding.verified_size(data, place.description)
        except UserError as error:
            if on_broken == "stop":
                raise
            logging.warning("Left out %s: %s", name, error)
            continue
        values = (name, imgt, width, height, hashlib.sha256(data).hexdigest(), data)
        for column, value in zip(extracted.values(), values, strict=True):
            column.append(value)
    return pa.table(extracted | {"data": _binary_column(extracted["data"])}, schema=schema)


def _require_bounded(place: Place) -> None:
    if (place.size or 0) > _LARGEST:
        raise mistake(place.description, "image", f"a file of at most {_LARGEST} bytes", place.size, "replace the file")


def _binary_column(pictures: list[bytes]) -> pa.Array:
    """Return pictures as an Arrow column.

    They are joined at once, because `pa.array` would slowly append one by one.
    """
    bounds = np.cumsum([0, *map(len, pictures)], dtype=np.int64)
    return pa.Array.from_buffers(
        pa.large_binary(), len(pictures), [None, pa.py_buffer(bounds), pa.py_buffer(b"".join(pictures))]
    )


def write_images(path: str | Path, batches: Iterable[pa.Table]) -> None:
    """Write a shard of `Images`, batch by batch.

    The batches have the Arrow schema of the contract, and their rows are in the order of the key. Only one batch of
    photographs is in memory. All other columns are collected and validated before the file appears under its name.

    Raises:
        UserError: as `parquet.write`, or images out of order.
    """
    # An empty table, because a shard can be empty and there would be nothing to concatenate.
    facts = [parquet.arrow_schema(ImageFacts).empty_table()]
    with parquet.writing(path, Images) as append:
        for batch in batches:
            append(batch)
            facts.append(batch.drop_columns(parquet.PHOTOGRAPHS))
        known = parquet.validated(Path(path), ImageFacts, pl.DataFrame(pa.concat_tables(facts)))
        if not known["image_id"].is_sorted():
            remedy = "delete it and run the same command again"
            raise mistake(path, "image_id", "images in order", "another order", remedy)
