"""The Parquet contracts of images: those of a set, and one shard of their photographs."""

import polars as pl

from imeval.base.columns import class_column, dy


class ImageListing(dy.Schema):
    """Every image known of an image set, and where its picture lies, as `sources.FOUND`; null without one."""

    image_id = dy.String(primary_key=True, min_length=1)
    imgt = class_column()
    source = dy.String(nullable=True)
    archive = dy.String(nullable=True)
    position = dy.Int64(nullable=True, min=0)
    size = dy.Int64(nullable=True, min=0)
    selected = dy.Bool()


class ImageIndex(dy.Schema):
    """Every image known of an image set; the selected ones are evaluated, the broken ones would have been."""

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
    """What is known of each photograph of a shard."""

    image_id = dy.String(primary_key=True, min_length=1)
    imgt = class_column()
    width = dy.Int32(min=1)
    height = dy.Int32(min=1)
    sha256 = dy.String(regex="^[0-9a-f]{64}$")


class Images(ImageFacts):
    """One shard of photographs; `data` holds the encoded file as it came."""

    data = dy.Binary()
