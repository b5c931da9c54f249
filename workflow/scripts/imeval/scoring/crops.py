"""Accuracies over images of which several crops were classified."""

import polars as pl

from imeval.scoring.breakdowns import accuracy_row
from imeval.scoring.contract import Metrics
from imeval.scoring.metrics import Errors, MetricKey

BEST, ALL = "accuracy_best_crop", "accuracy_all_crops"
"""The shares of images of which any crop is right, and of which every crop is."""

_IMAGE_OF_CROP = r"^(.+)_crop_\d+_\d+$"
"""How `images.crops` names a crop."""


def measure_crops(scores: pl.DataFrame, *, model: str, task: str, errors: Errors, confidence: float) -> pl.DataFrame:
    """Measure how many images have a right crop, or right crops alone.

    A crop is right by the labels of its own box. Only the first run counts. Where errors leave the denominator, a crop
    that is an error does not count, nor does an image all of whose crops are; otherwise it is wrong.

    Args:
        scores: `Scores` of crops.
        model, task, errors, confidence: as in `breakdowns.measure_recall`.

    Returns:
        `Metrics` named `BEST` and `ALL` over images, under both label sets.
    """
    crops = scores.filter(pl.col("run") == 0).with_columns(image=pl.col("image_id").str.extract(_IMAGE_OF_CROP))
    failed = pl.col("outcome") == "error"
    if errors == "exclude":
        crops = crops.filter(~failed | failed.all().over("image"))
    rows = [
        accuracy_row(MetricKey(model, task, metric, labels, "A"), _by_image(crops, metric), errors, confidence)
        for metric in (BEST, ALL)
        for labels in ("imgt", "regt")
    ]
    return pl.DataFrame(rows, schema=Metrics.create_empty().schema)


def _by_image(crops: pl.DataFrame, metric: str) -> pl.DataFrame:
    """Return the scores of the images behind crops.

    The outcome is an error only if that of every crop is.
    """
    right = {f"{labels}_correct": pl.col(f"{labels}_correct") for labels in ("imgt", "regt")}
    return crops.group_by("image", maintain_order=True).agg(
        outcome=pl.col("outcome").sort_by(pl.col("outcome") == "error").first(),
        oop=pl.col("oop").any(),
        alone=pl.col("alone").any(),
        **{name: flags.all() if metric == ALL else flags.any() for name, flags in right.items()},
    )
