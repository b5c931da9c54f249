"""What a label set knows of images."""

import polars as pl

from imeval.labels.attributes import ATTRIBUTES, FLAGS, OF_BOXES
from imeval.labels.contract import CATEGORIES
from imeval.labels.equivalence import Groups, distinct, group_of

ATTRIBUTE_ORDER = ("none", "crowd", "ocr_needed", "rendition", "reflected", "mixed")
"""The attributes of images, in the order of the authors' table."""

ORDERS = {"attribute": ATTRIBUTE_ORDER, "category": CATEGORIES}
"""The order of the values of a column, where it is not that of the values themselves."""


def facts_of_labels(labels: pl.DataFrame, equivalence: Groups) -> pl.DataFrame:
    """Return image_id, labels and category.

    `labels` counts an image's labels, those that are equivalent to each other once.

    Args:
        labels: `Labels`.
        equivalence: the groups of equivalent classes.
    """
    groups = group_of(equivalence)
    counts = pl.Series("labels", [distinct(row, groups) for row in labels["labels"]], pl.Int64)
    return labels.select("image_id", counts, "category")


def facts_of_boxes(images: pl.Series, boxes: pl.DataFrame) -> pl.DataFrame:
    """Return image_id and the columns `OF_BOXES`.

    An image has a flag if one of its boxes has it. Its attribute is "mixed" if it has several, whether of one box or of
    several. `box_area` is that of the largest box with a label, in square pixels; null without one.

    Args:
        images: the ids of the images.
        boxes: `Boxes`; those of other images do not count.
    """
    sides = [(pl.col(f"{side}_max") - pl.col(f"{side}_min")).clip(0) for side in ("x", "y")]
    labelled = pl.col("labels").list.len() > 0
    found = boxes.group_by("image_id").agg(
        boxes=pl.len().cast(pl.Int64),
        box_area=(sides[0] * sides[1]).filter(labelled).max(),
        **{flag: pl.col(flag).any() for flag in FLAGS},
    )
    joined = pl.DataFrame({"image_id": images}).join(found, on="image_id", how="left", maintain_order="left")
    several = pl.sum_horizontal(ATTRIBUTES) > 1
    single = (pl.when(name).then(pl.lit(name)) for name in ATTRIBUTES)
    attribute = pl.coalesce(pl.when(several).then(pl.lit("mixed")), *single, pl.lit("none"))
    filled = joined.with_columns(pl.col("boxes").fill_null(0), *(pl.col(flag).fill_null(value=False) for flag in FLAGS))
    return filled.with_columns(attribute=attribute).select("image_id", *OF_BOXES)
