"""Pictures straight out of the shards."""

import io
from collections import OrderedDict
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import polars as pl

from imeval.base import parquet
from imeval.base.errors import mistake
from imeval.images import decoding, photographs
from imeval.images.contract import Images
from imeval.images.sent import Sent, as_sent
from imeval.viewer.fresh import Fresh

_KEPT_GROUPS = 16
"""Row groups in memory; with 64 photographs of 0.1 MB each they take 100 MB."""

_QUALITY = 85


class _Place(NamedTuple):
    shard: str
    group: int
    row: int


class Pictures:
    """The pictures of image sets, by image id."""

    def __init__(self) -> None:
        self._places: Fresh[dict[str, _Place]] = Fresh()
        self._groups: OrderedDict[tuple[str, int, int], pl.DataFrame] = OrderedDict()
        self._lock = Lock()

    def has(self, shards: Sequence[str], image_id: str) -> bool:
        """Return whether a shard has a picture."""
        return self._place(shards, image_id) is not None

    def facts(self, shards: Sequence[str], image_id: str) -> dict[str, int | str]:
        """Return a picture's width, height and SHA-256.

        Raises:
            UserError: no shard has it.
        """
        width, height, sha256 = self._row(shards, image_id).select("width", "height", "sha256").row(0)
        return {"width": width, "height": height, "sha256": sha256}

    def picture(self, shards: Sequence[str], image_id: str) -> Sent:
        """Return a picture that every browser shows.

        Its pixels are those that the models see.

        Raises:
            UserError: no shard has it, or it cannot be decoded.
        """
        data: bytes = self._row(shards, image_id)["data"].item()
        return as_sent(data, image_id)

    def thumbnail(self, shards: Sequence[str], image_id: str, side: int) -> Sent:
        """Return a picture of at most this size.

        A picture that is little larger is returned as it is.

        Raises:
            UserError: as `picture`.
        """
        row = self._row(shards, image_id)
        data: bytes = row["data"].item()
        if max(row["width"].item(), row["height"].item()) <= 2 * side:
            return as_sent(data, image_id)
        image = decoding.decode(data, image_id)
        image.thumbnail((side, side), reducing_gap=2)
        with io.BytesIO() as file:
            image.save(file, "JPEG", quality=_QUALITY)
            return Sent("image/jpeg", file.getvalue())

    def _row(self, shards: Sequence[str], image_id: str) -> pl.DataFrame:
        place = self._place(shards, image_id)
        if place is None:
            raise mistake("address", "id", "an image with a picture", repr(image_id), "choose another image")
        row = self._group(place)[place.row]
        parquet.require_whole_photographs(Path(place.shard), row)
        return row

    def _place(self, shards: Sequence[str], image_id: str) -> _Place | None:
        for shard in filter(lambda path: Path(path).exists(), shards):
            places = self._places.get(shard, [shard], partial(_places, shard))
            if image_id in places:
                return places[image_id]
        return None

    def _group(self, place: _Place) -> pl.DataFrame:
        """Return the row group of a picture."""
        key = (place.shard, Path(place.shard).stat().st_mtime_ns, place.group)
        with self._lock:
            if key in self._groups:
                self._groups.move_to_end(key)
                return self._groups[key]
        found = photographs.read_group(place.shard, place.group)
        with self._lock:
            self._groups[key] = found
            while len(self._groups) > _KEPT_GROUPS:
                self._groups.popitem(last=False)
        return found


def _places(shard: str) -> dict[str, _Place]:
    """Return the places of a shard's pictures."""
    ids = parquet.read(shard, Images, ["image_id"])["image_id"].to_list()
    sizes = photographs.group_sizes(shard)
    places = (_Place(shard, group, row) for group, rows in enumerate(sizes) for row in range(rows))
    return dict(zip(ids, places, strict=True))
