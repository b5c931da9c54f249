"""Correctness of predictions (equation 2, Section 2.2)."""

import polars as pl

from imeval.base.errors import mistake, some
from imeval.scoring.contract import OUTCOMES, Scores


def score(
    predictions: pl.DataFrame,
    labels: pl.DataFrame,
    source: object = "predictions",
    candidates: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Score each prediction (equation 2, Section 2.2).

    A prediction is correct if its class is admissible. On an image of N every prediction is correct under the label
    set, even an empty, refused, unreadable or out-of-prompt answer. Two things are no prediction and
    never correct: an error, and the empty text of a model that was cut off before its answer.

    Args:
        predictions: `Predictions`, with every image of `labels` in every run.
        labels: `Labels`.
        source: the file of the predictions, for messages.
        candidates: `Candidates` of the predictions, of which one must be right; None if each has one class.

    Returns:
        `Scores`, in the order of its key.

    Raises:
        UserError: an image without a prediction, or a prediction for an image without labels.
    """
    _check_images(predictions, labels, source)
    one = pl.concat_list("class_id").list.drop_nulls()
    listed = predictions.with_columns(class_ids=one) if candidates is None else _with(candidates, predictions)
    return _scores(listed.join(labels, on="image_id"))


def _scores(joined: pl.DataFrame) -> pl.DataFrame:
    predicted = (pl.col("status") != "error") & pl.col("text").ne_missing("")
    # The two other statuses, ok and truncated, become "answered".
    kept = pl.col("status").is_in([outcome for outcome in OUTCOMES if outcome != "answered"])
    return joined.select(
        "image_id",
        "run",
        "category",
        pl.when(kept).then("status").otherwise(pl.lit("answered")).alias("outcome"),
        (predicted & _is_among("imgt_admissible")).alias("imgt_correct"),
        # Images of N count as correct, whatever the class.
        (predicted & (_is_among("admissible") | (pl.col("category") == "N"))).alias("regt_correct"),
        "oop",
        "oop_as_written",
        "alone",
    ).sort(Scores.primary_key())


def _with(candidates: pl.DataFrame, predictions: pl.DataFrame) -> pl.DataFrame:
    """Return predictions with all their classes."""
    return predictions.join(candidates, on=["image_id", "run"], how="left", maintain_order="left")


def _is_among(admissible: str) -> pl.Expr:
    return pl.col(admissible).list.set_intersection("class_ids").list.len() > 0


def _check_images(predictions: pl.DataFrame, labels: pl.DataFrame, source: object) -> None:
    unlabelled = predictions.join(labels, on="image_id", how="anti")
    if len(unlabelled):
        images = some(unlabelled["image_id"].unique().sort())
        raise mistake(source, "image_id", "only labelled images", images, "label them or leave them out")
    # Run 0 always exists: without it, a file without rows would lack nothing.
    runs = pl.concat([pl.Series("run", [0], predictions.schema["run"]), predictions["run"]]).unique()
    expected = labels.select("image_id").join(runs.to_frame(), how="cross")
    missing = expected.join(predictions, on=["image_id", "run"], how="anti")
    if len(missing):
        images = f"none for {some(missing['image_id'].unique().sort())}"
        wanted = "a prediction in every run for each labelled image"
        raise mistake(source, "image_id", wanted, images, "predict these images too")
