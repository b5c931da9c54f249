"""Agreement between the errors of models (arXiv Figure 9)."""

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from imeval.scoring.contract import Agreement

ORIGINAL = "imgt"
"""The name of the original labels, which are compared like a model."""


def agree(scores: Mapping[str, pl.DataFrame], labels: pl.DataFrame) -> pl.DataFrame:
    """Compare every two models, and each with ImGT.

    Only the first run counts, under the label set.

    Args:
        scores: `Scores` by model, for the images of `labels`.
        labels: `Labels`.

    Returns:
        `Agreement` with both orders of every pair, because the figure is a full square.
    """
    valid = labels.filter(pl.col("category") != "N").sort("image_id")
    # Recall needs one class for each image, so it leaves out images with several labels.
    single = (valid["labels"].list.len() == 1).to_numpy()
    classes = valid["labels"].list.first().to_numpy()[single]
    correct = {ORIGINAL: _original(valid), **{model: _first_run(frame, valid) for model, frame in scores.items()}}
    recalls = {model: _ranked_recall(hits[single], classes) for model, hits in correct.items()}
    rows = [
        (a, b, _correlation(recalls[a], recalls[b]), len(recalls[a]), _correlation(correct[a], correct[b]), len(valid))
        for a in correct
        for b in correct
    ]
    return pl.DataFrame(rows, schema=Agreement.create_empty().schema, orient="row").sort(Agreement.primary_key())


def _original(valid: pl.DataFrame) -> NDArray[np.float64]:
    """Return 1 for admissible original labels, else 0."""
    hits = valid.select(pl.col("admissible").list.contains(pl.col("imgt"))).to_series()
    return hits.to_numpy().astype(np.float64)


def _first_run(scores: pl.DataFrame, valid: pl.DataFrame) -> NDArray[np.float64]:
    """Return 1 where the first run is correct, else 0."""
    first = valid.select("image_id").join(scores.filter(pl.col("run") == 0), on="image_id", how="left")
    return first.sort("image_id")["regt_correct"].to_numpy().astype(np.float64)


def _ranked_recall(hits: NDArray[np.float64], classes: NDArray[np.int16]) -> NDArray[np.float64]:
    """Rank the recalls of classes with images.

    Equal recalls share their mean rank.
    """
    recall = pl.DataFrame({"class_id": classes, "hit": hits}).group_by("class_id").agg(pl.col("hit").mean())
    return recall.sort("class_id")["hit"].rank("average").to_numpy()


def _correlation(first: NDArray[np.float64], second: NDArray[np.float64]) -> float | None:
    """Return Pearson's correlation, or None if a side is constant.

    For ranks it equals Spearman's correlation, for zeros and ones it equals phi.
    """
    if len(first) < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    # Rounding can push a perfect correlation slightly beyond 1.
    return float(np.clip(np.corrcoef(first, second)[0, 1], -1, 1))
