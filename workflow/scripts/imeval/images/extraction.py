"""One shard of an image set: its pictures read, hashed and verified, a few at a time."""

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
from imeval.images.sources import Place, Read

OnBroken = Literal["stop", "skip"]

AT_ONCE = 64
"""Pictures in one table, so few that a processor's cache holds them."""


def shard_rows(listing: pl.DataFrame, shard: int, shards: int) -> pl.DataFrame:
    """Return shard 0 to `shards` - 1 of the selected images: contiguous in image_id order, sizes equal within one."""
    selected = listing.filter("selected").sort("image_id")
    first, end = ((number * len(selected)) // shards for number in (shard, shard + 1))
    return selected[first:end]


def places(rows: pl.DataFrame) -> list[Place]:
    """Return where the pictures of ImageListing rows lie, in their order.

    Raises:
        UserError: an image without a picture.
    """
    if absent := rows.filter(pl.col("source").is_null())["image_id"].to_list():
        raise mistake(f"image {absent[0]}", "picture", "a file", "none", "give the image set a source")
    return [Place(*row) for row in rows.select("source", "archive", "position", "size").iter_rows()]


def extract(read: Read, rows: pl.DataFrame, on_broken: OnBroken) -> Iterator[pa.Table]:
    """Yield the pictures of ImageListing rows as tables of Images, at most AT_ONCE in each, in the order of the rows.

    With `on_broken` "skip" a broken picture is logged and left out.

    Raises:
        UserError: a picture that is broken, or that cannot be read; names it.
    """
    listed = zip(rows["image_id"].to_list(), rows["imgt"].to_list(), places(rows), strict=True)
    while batch := list(islice(listed, AT_ONCE)):
        yield _table(read, batch, on_broken)


def _table(read: Read, batch: list[tuple[str, int, Place]], on_broken: OnBroken) -> pa.Table:
    schema = parquet.arrow_schema(Images)
    extracted: dict[str, list[Any]] = {name: [] for name in schema.names}
    for name, imgt, place in batch:
        data = read(place)
        try:
            width, height = decoding.whole_size(data, _described(place))
        except UserError as error:
            if on_broken == "stop":
                raise
            logging.warning("Left out %s: %s", name, error)
            continue
        values = (name, imgt, width, height, hashlib.sha256(data).hexdigest(), data)
        for column, value in zip(extracted.values(), values, strict=True):
            column.append(value)
    return pa.table(extracted | {"data": _joined(extracted["data"])}, schema=schema)


def _joined(pictures: list[bytes]) -> pa.Array:
    """Return an Arrow column of pictures, joined at once, which Arrow does one by one."""
    bounds = np.cumsum([0, *map(len, pictures)], dtype=np.int64)
    return pa.Array.from_buffers(
        pa.large_binary(), len(pictures), [None, pa.py_buffer(bounds), pa.py_buffer(b"".join(pictures))]
    )


def _described(place: Place) -> str:
    return f"{place.source} in {place.archive}" if place.archive else place.source


def write_images(path: str | Path, batches: Iterable[pa.Table]) -> None:
    """Write a shard of `Images`, a batch in memory at a time.

    The batches have the Arrow schema of the contract and come in the order of the key. The photographs are copied into
    the file and nowhere else; all that is known of them is validated in the end.

    Raises:
        UserError: as `write`, or images out of order.
    """
    facts = [parquet.arrow_schema(ImageFacts).empty_table()]
    with parquet.writing(path, Images) as append:
        for batch in batches:
            append(batch)
            facts.append(batch.drop_columns(parquet.PHOTOGRAPHS))
        known = parquet.validated(Path(path), ImageFacts, pl.DataFrame(pa.concat_tables(facts)))
        if not known["image_id"].is_sorted():
            raise mistake(
                path, "image_id", "images in order", "another order", "delete it and run the same command again"
            )
