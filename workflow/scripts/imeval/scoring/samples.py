"""Each image with its labels and what a model made of it."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from imeval.base import parquet
from imeval.base.files import replacing
from imeval.scoring.contract import Samples

_ROWS_AT_ONCE = 100_000


def samples(
    predictions: pl.DataFrame, scores: pl.DataFrame, labels: pl.DataFrame, names: Sequence[str], model: str, task: str
) -> pl.DataFrame:
    """Return a row for each prediction of a model in a task.

    Args:
        predictions: `Predictions`.
        scores: the `Scores` of these predictions.
        labels: the `Labels` under which they were scored.
        names: the class names by class id.
        model: the name of the model.
        task: the name of the task.

    Returns:
        `Samples`, in the order of its key.
    """
    name_of = dict(enumerate(names))
    return (
        predictions.join(labels, on="image_id")
        .join(scores.select("image_id", "run", "imgt_correct", "regt_correct"), on=["image_id", "run"])
        .with_columns(
            pl.lit(model).alias("model"),
            pl.lit(task).alias("task"),
            _named(pl.col("imgt"), name_of).alias("imgt_name"),
            _named(pl.col("class_id"), name_of).alias("class_name"),
            pl.col("labels").list.eval(_named(pl.element(), name_of)).alias("label_names"),
        )
        .select(Samples.column_names())
        .sort(Samples.primary_key())
    )


def write_csv(table: str | Path, csv: str | Path) -> None:
    """Write a file of samples as CSV.

    Several labels are one text, such as "526;620".
    """
    with replacing(csv) as partial, open(partial, "wb") as file:
        _as_text(Samples.create_empty()).write_csv(file)
        # In parts: the samples of all models may not fit into memory.
        for frame in parquet.read_batches(table, Samples, _ROWS_AT_ONCE):
            _as_text(frame).write_csv(file, include_header=False)


def _as_text(frame: pl.DataFrame) -> pl.DataFrame:
    ids = pl.col("labels").list.eval(pl.element().cast(pl.String)).list.join(";")
    return frame.with_columns(ids, pl.col("label_names").list.join(";"))


def _named(class_ids: pl.Expr, name_of: dict[int, str]) -> pl.Expr:
    return class_ids.replace_strict(name_of, return_dtype=pl.String)
