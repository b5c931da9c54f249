"""Crops of images by their boxes.

A crop is named by its image, the first label of its box and the number of the box, as the authors name them:

    ILSVRC2012_val_00000001_crop_65_0
"""

import csv
import io
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import polars as pl

from imeval.base.errors import mistake
from imeval.base.files import replacing
from imeval.images.border import png
from imeval.images.decoding import decode

Take = Literal["largest", "each", "widest"]
"""Which crops an image has: its largest box, each box, or each widened as far as no other object is in it."""


class Area(NamedTuple):
    """A rectangle in whole pixels, without its right and lower edge."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def pixels(self) -> int:
        """Return the number of pixels in it."""
        return max(0, self.right - self.left) * max(0, self.bottom - self.top)


@dataclass(frozen=True)
class Crop:
    """A crop with the labels of its box."""

    name: str
    labels: tuple[int, ...]
    area: Area


def crops_of(image: str, size: tuple[int, int], boxes: pl.DataFrame, take: Take) -> list[Crop]:
    """Return the crops of an image, in the order of its boxes.

    Boxes are cut at the edges of the picture. One without a label, or without a pixel in the picture, gives no crop. Of
    equally large boxes the first is the largest.

    Args:
        image: the id of the image.
        size: its width and height in pixels.
        boxes: its `Boxes`.
        take: which crops are wanted.
    """
    crops = [
        Crop(f"{image}_crop_{row['labels'][0]}_{row['box']}", tuple(row["labels"]), area)
        for row in boxes.sort("box").iter_rows(named=True)
        if row["labels"] and (area := _inside(row, size)).pixels
    ]
    if take == "largest":
        return [max(crops, key=lambda crop: crop.area.pixels)] if crops else []
    if take == "widest":
        return [Crop(crop.name, crop.labels, _widened(crop, crops, size)) for crop in crops]
    return crops


def write_crops(
    pictures: Iterable[tuple[str, bytes]], boxes: pl.DataFrame, take: Take, archive: str | Path, labels: str | Path
) -> None:
    """Write crops as PNG into a tar, and their labels as CSV.

    Args:
        pictures: image ids, with the encoded pictures.
        boxes: `Boxes` of these images, and perhaps of others.
        take: which crops are wanted.
        archive: the tar.
        labels: the CSV file, with image_id and labels as a label file has them.

    Raises:
        UserError: no image has a box with a label.
    """
    of_image = {str(key[0]): part for key, part in boxes.partition_by("image_id", as_dict=True).items()}
    written = 0
    with replacing(archive) as tar_path, replacing(labels) as csv_path:
        with tarfile.open(tar_path, "w") as tar, open(csv_path, "w", encoding="utf-8", newline="") as file:
            lines = csv.writer(file, lineterminator="\n")
            lines.writerow(["image_id", "labels"])
            for crop, data in _cropped(((name, data, of_image.get(name)) for name, data in pictures), take):
                member = tarfile.TarInfo(f"{crop.name}.png")
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
                lines.writerow([crop.name, " ".join(map(str, crop.labels))])
                written += 1
        if not written:
            raise mistake(archive, "crops", "images with labelled boxes", "none", "name a label set that has boxes")


def _cropped(pictures: Iterable[tuple[str, bytes, pl.DataFrame | None]], take: Take) -> Iterator[tuple[Crop, bytes]]:
    for name, data, boxes in pictures:
        if boxes is not None:
            picture = decode(data, name)
            for crop in crops_of(name, picture.size, boxes, take):
                yield crop, png(picture.crop(crop.area))


def _inside(row: dict[str, float], size: tuple[int, int]) -> Area:
    corners = (round(row[key]) for key in ("x_min", "y_min", "x_max", "y_max"))
    limits = (size[0], size[1], size[0], size[1])
    return Area(*(min(max(corner, 0), limit) for corner, limit in zip(corners, limits, strict=True)))


def _widened(crop: Crop, crops: list[Crop], size: tuple[int, int]) -> Area:
    """Return the area around a crop in which no other object is.

    A box that shares a label with it is of no other object. Each other box, the nearest first, is cut away at the side
    that costs the fewest pixels; one that overlaps the crop's own box cannot be.
    """
    area, own = Area(0, 0, *size), crop.area
    others = [other.area for other in crops if not set(other.labels) & set(crop.labels)]
    for other in sorted(others, key=lambda one: _apart(own, one)):
        area = _cut(area, own, other)
    return area


def _cut(area: Area, own: Area, other: Area) -> Area:
    """Return the largest part of an area without another box."""
    left, top, right, bottom = area
    if other.left >= right or other.right <= left or other.top >= bottom or other.bottom <= top:
        return area
    cuts = [
        *([area._replace(left=other.right)] if other.right <= own.left else []),
        *([area._replace(right=other.left)] if other.left >= own.right else []),
        *([area._replace(top=other.bottom)] if other.bottom <= own.top else []),
        *([area._replace(bottom=other.top)] if other.top >= own.bottom else []),
    ]
    return max(cuts, key=lambda cut: cut.pixels, default=area)


def _apart(own: Area, other: Area) -> tuple[int, Area]:
    """Return how far one box is from another."""
    across = max(own.left - other.right, other.left - own.right, 0)
    down = max(own.top - other.bottom, other.top - own.bottom, 0)
    return across + down, other
