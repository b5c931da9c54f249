"""Confident learning, of a classifier against labels.

Northcutt et al. 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels", equation 1.
"""

import polars as pl

_ROUNDING = 1e-6
"""How far below a threshold a score may be, as in the authors' library cleanlab."""


def confident_classes(outputs: pl.DataFrame, given: pl.DataFrame) -> pl.DataFrame:
    """Return the class that a classifier is sure of for each image.

    The threshold of a class is its mean score over the images with that label. A classifier is sure of a class whose
    score reaches the threshold. Of several ones, the class with the highest score counts: of all classes, as in the
    authors' library cleanlab, while their equation 1 takes it among those that reach their thresholds.

    Args:
        outputs: `Outputs` with softmax scores. A class that is missing from an image's row has score 0.
        given: the columns image_id and label, of one label an image.

    Returns:
        The columns image_id, label and class_id, of the images with such a class.
    """
    scores = outputs.select("image_id", pl.col("class_ids").alias("class_id"), pl.col("scores").alias("score"))
    long = scores.explode("class_id", "score", empty_as_null=True).with_columns(pl.col("score").cast(pl.Float64))
    labelled = given.join(outputs.select("image_id"), on="image_id")
    of_label = labelled.join(long, left_on=["image_id", "label"], right_on=["image_id", "class_id"], how="left")
    thresholds = of_label.group_by("label").agg(pl.col("score").fill_null(0.0).mean().alias("threshold"))
    sure = long.join(labelled, on="image_id").join(thresholds.rename({"label": "class_id"}), on="class_id")
    reaching = sure.filter(pl.col("score") >= pl.col("threshold") - _ROUNDING)
    best = outputs.select("image_id", best=pl.col("class_ids").list.first())
    grouped = reaching.group_by("image_id", "label").agg(pl.col("class_id").first(), pl.len().alias("several"))
    chosen = pl.when(pl.col("several") > 1).then("best").otherwise("class_id").alias("class_id")
    return grouped.join(best, on="image_id").select("image_id", "label", chosen).sort("image_id")


def confident_counts(outputs: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    """Return the pair of classes that each image is counted in.

    Args:
        outputs: as in `confident_classes`.
        labels: the `Labels`. Of several labels of an image, the one with the highest score counts.

    Returns:
        The columns image_id, confident_class and confident_count, of the images whose labels do not admit the class
        that the classifier is sure of. The count is the number of images with the same pair of label and class.
    """
    pairs = confident_classes(outputs, _best_label(outputs, labels))
    admissible = labels.select("image_id", "admissible")
    others = pairs.join(admissible, on="image_id").filter(~pl.col("admissible").list.contains(pl.col("class_id")))
    counted = others.with_columns(confident_count=pl.len().over("label", "class_id").cast(pl.Int32))
    return counted.select("image_id", pl.col("class_id").alias("confident_class"), "confident_count")


def _best_label(outputs: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    scores = outputs.select("image_id", pl.col("class_ids").alias("label"), "scores")
    each = labels.select("image_id", pl.col("labels").alias("label")).explode("label", empty_as_null=True).drop_nulls()
    scored = each.join(scores.explode("label", "scores", empty_as_null=True), on=["image_id", "label"], how="left")
    best_first = scored.sort("image_id", "scores", "label", descending=[False, True, False], nulls_last=True)
    return best_first.group_by("image_id", maintain_order=True).first().select("image_id", "label")
