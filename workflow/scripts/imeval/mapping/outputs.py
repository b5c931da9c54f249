"""Predictions from classifier outputs and from original labels."""

import polars as pl


def predictions_from_outputs(outputs: pl.DataFrame) -> pl.DataFrame:
    """Return each image's best class as its prediction.

    `outputs` is `Outputs`, whose `class_ids` are sorted by descending score. The images keep their order. An image
    without classes, for which the model failed, is an error.
    """
    found = pl.col("class_ids").list.len() > 0
    return outputs.select(
        "image_id",
        run=pl.lit(0, dtype=pl.Int16),
        status=pl.when(found).then(pl.lit("ok")).otherwise(pl.lit("error")),
        text=pl.lit(None, dtype=pl.String),
        class_id=pl.col("class_ids").list.first(),
        method=pl.when(found).then(pl.lit("index")).otherwise(pl.lit("none")),
        similarity=pl.lit(None, dtype=pl.Float32),
        oop=pl.lit(False),
        oop_as_written=pl.lit(False),
        alone=pl.lit(False),
    )


def predictions_from_original_labels(index: pl.DataFrame) -> pl.DataFrame:
    """Return selected images' original labels as predictions.

    ImGT is then scored like a model. `index` is `ImageIndex`.
    """
    labels = index.filter("selected").select("image_id", class_ids=pl.concat_list("imgt"))
    return predictions_from_outputs(labels)
