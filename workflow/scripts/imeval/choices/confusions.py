"""The confusion matrix of a classifier against the original labels (ImGT)."""

import polars as pl

from imeval.choices.contract import Confusions


def count_confusions(outputs: pl.DataFrame, index: pl.DataFrame) -> pl.DataFrame:
    """Count the top-1 classes that differ from the original label.

    Args:
        outputs: `Outputs` with softmax scores. A class that is missing from an image's row has score 0.
        index: `ImageIndex` with every image of the outputs.

    Returns:
        `Confusions`, sorted by its key.
    """
    # An image without classes, for which the classifier failed, confuses none.
    shown = outputs.filter(pl.col("class_ids").list.len() > 0).join(index.select("image_id", "imgt"), on="image_id")
    images = shown.group_by("imgt").len("images")
    kept = shown.select(
        "imgt",
        "class_ids",
        "scores",
        # The scores are sorted, so the first class of an image is its top-1 class.
        best=pl.int_ranges(pl.col("class_ids").list.len()).list.eval(pl.element() == 0),
    ).explode("class_ids", "scores", "best")
    pairs = kept.rename({"imgt": "class_id", "class_ids": "confused_with"}).filter(
        pl.col("class_id") != pl.col("confused_with")
    )
    counted = pairs.group_by("class_id", "confused_with").agg(
        pl.col("best").sum().cast(pl.Int32).alias("images"),
        # The last bits of a sum of floats depend on the order, so the scores are sorted first.
        pl.col("scores").cast(pl.Float64).sort().sum().alias("score"),
    )
    averaged = counted.join(images.rename({"imgt": "class_id", "images": "shown"}), on="class_id")
    return averaged.select("class_id", "confused_with", "images", mean_score=pl.col("score") / pl.col("shown")).sort(
        Confusions.primary_key()
    )
