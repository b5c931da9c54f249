"""Parquet contracts of image sets and shards."""

import polars as pl

from imeval.base.columns import class_column, dy
from imeval.base.shards import PATTERN


class ImageListing(dy.Schema):
    """The images of a set and their pictures' places.

    `source`, `archive`, `position` and `size` are as in `places.FOUND`, and null for an image without a picture.
    """

    image_id = dy.String(primary_key=True, min_length=1)
    imgt = class_column()
    source = dy.String(nullable=True)
    archive = dy.String(nullable=True)
    position = dy.Int64(nullable=True, min=0)
    size = dy.Int64(nullable=True, min=0)
    selected = dy.Bool()


class ImageIndex(dy.Schema):
    """The images of a set, with those that are evaluated.

    `selected` images are evaluated. `broken` images would be selected, but their pictures cannot be decoded.
    """

    version = 2

    image_id = dy.String(primary_key=True, min_length=1)
    imgt = class_column()
    selected = dy.Bool()
    broken = dy.Bool()

    @dy.rule()
    def broken_images_are_left_out(cls) -> pl.Expr:
        """Return whether no broken image is selected."""
        return ~(pl.col("selected") & pl.col("broken"))


class ImageFacts(dy.Schema):
    """Label, size in pixels and hash of photographs."""

    image_id = dy.String(primary_key=True, min_length=1)
    imgt = class_column()
    width = dy.Int32(min=1)
    height = dy.Int32(min=1)
    sha256 = dy.String(regex="^[0-9a-f]{64}$")


class Photographs(dy.Schema):
    """The photographs of all shards, without their bytes.

    `shard` is the name of a shard, such as 00000-of-00032.
    """

    image_id = dy.String(primary_key=True, min_length=1)
    shard = dy.String(regex=f"^{PATTERN}$")
    sha256 = dy.String(regex="^[0-9a-f]{64}$")


class Images(ImageFacts):
    """A shard of photographs; `data` is the encoded file."""

    data = dy.Binary()
