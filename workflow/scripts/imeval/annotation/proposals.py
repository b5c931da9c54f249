"""What each source proposes for the reviewed images."""

from collections.abc import Mapping, Sequence

import polars as pl

from imeval.annotation import LABEL_SOURCES
from imeval.annotation.contract import Proposals


def proposals(disputes: pl.DataFrame, predictions: Mapping[str, pl.DataFrame], sources: Sequence[str]) -> pl.DataFrame:
    """Return the classes that sources propose.

    Args:
        disputes: `Disputes`.
        predictions: `Predictions` by model; of several runs the first counts.
        sources: "imgt", "labels" and names of models.

    Returns:
        `Proposals`.
    """
    frames = [_of_source(disputes, predictions, source) for source in sources]
    return pl.concat(frames).select(Proposals.column_names()).sort(Proposals.primary_key())


def _of_source(disputes: pl.DataFrame, predictions: Mapping[str, pl.DataFrame], source: str) -> pl.DataFrame:
    name = pl.lit(source).alias("source")
    if source in LABEL_SOURCES:
        class_ids = pl.concat_list("imgt") if source == "imgt" else pl.col("labels")
        return disputes.select("image_id", name, class_ids=class_ids)
    found = predictions[source].filter((pl.col("run") == 0) & pl.col("class_id").is_not_null())
    joined = disputes.select("image_id").join(found.select("image_id", "class_id"), on="image_id", how="left")
    return joined.select("image_id", name, class_ids=pl.concat_list("class_id").list.drop_nulls())
