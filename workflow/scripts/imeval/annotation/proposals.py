"""What each source proposes for the reviewed images."""

from collections.abc import Mapping, Sequence

import polars as pl

from imeval.annotation import LABEL_SOURCES
from imeval.annotation.contract import Proposals


def proposals(
    disputes: pl.DataFrame,
    predictions: Mapping[str, pl.DataFrame],
    sources: Sequence[str],
    listed: Mapping[str, pl.DataFrame] | None = None,
) -> pl.DataFrame:
    """Return the classes that sources propose.

    Args:
        disputes: `Disputes`.
        predictions: `Predictions` by model; of several runs the first counts.
        sources: "imgt", "labels", names of models, and those of `listed`.
        listed: the classes that models list for each image, by source; see `listed_classes`.

    Returns:
        `Proposals`.
    """
    known = {**{name: _predicted(frame) for name, frame in predictions.items()}, **(listed or {})}
    frames = [_of_source(disputes, known, source) for source in sources]
    return pl.concat(frames).select(Proposals.column_names()).sort(Proposals.primary_key())


def _predicted(predictions: pl.DataFrame) -> pl.DataFrame:
    """Return the image_id and class_ids of predictions."""
    found = predictions.filter(pl.col("run") == 0, pl.col("class_id").is_not_null())
    return found.select("image_id", class_ids=pl.concat_list("class_id"))


def _of_source(disputes: pl.DataFrame, proposed: Mapping[str, pl.DataFrame], source: str) -> pl.DataFrame:
    name = pl.lit(source).alias("source")
    if source in LABEL_SOURCES:
        class_ids = pl.concat_list("imgt") if source == "imgt" else pl.col("labels")
        return disputes.select("image_id", name, class_ids=class_ids)
    joined = disputes.select("image_id").join(proposed[source], on="image_id", how="left")
    return joined.select("image_id", name, pl.col("class_ids").fill_null([]))
