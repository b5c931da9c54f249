"""Take predictions from classifier outputs and from original labels."""

import polars as pl


def predictions_from_outputs(outputs: pl.DataFrame) -> pl.DataFrame:
    """Return each image's best class as its prediction.

    `outputs` is `Outputs`, whose `class_ids` come in descending order of score; the order of the images is kept.
    """
    return outputs.select(
        "image_id",
        run=pl.lit(0, dtype=pl.Int16),
        status=pl.lit("ok"),
        text=pl.lit(None, dtype=pl.String),
        class_id=pl.col("class_ids").list.first(),
        method=pl.lit("index"),
        similarity=pl.lit(None, dtype=pl.Float32),
        oop=pl.lit(False),
    )


def predictions_from_original_labels(index: pl.DataFrame) -> pl.DataFrame:
    """Return each selected image's original label as its prediction.

    This scores ImGT as if it were a model. `index` is `ImageIndex`.
    """
    labels = index.filter("selected").select("image_id", class_ids=pl.concat_list("imgt"))
    return predictions_from_outputs(labels)
