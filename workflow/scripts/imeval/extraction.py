"""One shard of an image set: its pictures read, hashed and verified, a few at a time."""

import hashlib
import logging
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Literal

import polars as pl

from imeval import images
from imeval.errors import UserError, mistake
from imeval.schemas import Images
from imeval.sources import Place, Read

OnBroken = Literal["stop", "skip"]

AT_ONCE = 256
"""Pictures in one frame: what a thread holds in memory."""


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


def extract(read: Read, rows: pl.DataFrame, threads: int, on_broken: OnBroken) -> Iterator[pl.DataFrame]:
    """Yield the pictures of ImageListing rows as Images frames of at most AT_ONCE, in the order of the rows.

    At most `threads` + 1 frames are in memory. With `on_broken` "skip" a broken picture is logged and left out.

    Raises:
        UserError: a picture that is broken, or that cannot be read; names it.
    """
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[pl.DataFrame]] = deque()
        for start in range(0, len(rows), AT_ONCE):
            waiting.append(pool.submit(_frame, read, rows[start : start + AT_ONCE], on_broken))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _frame(read: Read, rows: pl.DataFrame, on_broken: OnBroken) -> pl.DataFrame:
    extracted: dict[str, list[object]] = {name: [] for name in Images.column_names()}
    for name, imgt, place in zip(rows["image_id"], rows["imgt"], places(rows), strict=True):
        data = read(place)
        try:
            width, height = images.whole_size(data, _described(place))
        except UserError as error:
            if on_broken == "stop":
                raise
            logging.warning("Left out %s: %s", name, error)
            continue
        values = (name, imgt, width, height, hashlib.sha256(data).hexdigest(), data)
        for column, value in zip(extracted.values(), values, strict=True):
            column.append(value)
    return pl.DataFrame(extracted, schema=Images.create_empty().schema)


def _described(place: Place) -> str:
    return f"{place.source} in {place.archive}" if place.archive else place.source
