"""The confusion matrix of a classifier.

It compares top-1 classes with the original labels (ImGT).
"""

import polars as pl

from imeval.choices.contract import Confusions


def count_confusions(outputs: pl.DataFrame, index: pl.DataFrame) -> pl.DataFrame:
    """Count the confusions of a classifier.

    A top-1 class that differs from the original label is a confusion.

    Args:
        outputs: an Outputs frame with softmax scores; a class that an image's row leaves out counts with score 0.
        index: an ImageIndex frame with the original label of each image of the outputs.

    Returns:
        A Confusions frame of the pairs with a confusion or a score, sorted by original class, then confused class.
    """
    shown = outputs.join(index.select("image_id", "imgt"), on="image_id")
    images = shown.group_by("imgt").len("images")
    kept = shown.select(
        "imgt",
        "class_ids",
        "scores",
        # The scores are sorted: the first class of an image is its top-1 class.
        best=pl.int_ranges(pl.col("class_ids").list.len()).list.eval(pl.element() == 0),
    ).explode("class_ids", "scores", "best")
    pairs = kept.rename({"imgt": "class_id", "class_ids": "confused_with"}).filter(
        pl.col("class_id") != pl.col("confused_with")
    )
    counted = pairs.group_by("class_id", "confused_with").agg(
        pl.col("best").sum().cast(pl.Int32).alias("images"),
        # Summed in sorted order: the last bits of a sum of floats depend on the order.
        pl.col("scores").cast(pl.Float64).sort().sum().alias("score"),
    )
    averaged = counted.join(images.rename({"imgt": "class_id", "images": "shown"}), on="class_id")
    return averaged.select("class_id", "confused_with", "images", mean_score=pl.col("score") / pl.col("shown")).sort(
        Confusions.primary_key()
    )
