"""Small labels, predictions and outputs of images under review."""

import polars as pl
from imeval.labels.categories import label
from imeval.mapping.contract import Predictions
from imeval.models.contract import Outputs

_EQUIVALENT = [frozenset({620, 681})]


def labels(**images: tuple[int, list[int]]) -> pl.DataFrame:
    """Return `Labels` of images, each with its original label and its labels."""
    rows = [(name, imgt, True, False) for name, (imgt, _) in images.items()]
    index = pl.DataFrame(rows, schema=["image_id", "imgt", "selected", "broken"], orient="row")
    index = index.with_columns(pl.col("imgt").cast(pl.Int16))
    own = [(name, listed) for name, (_, listed) in images.items()]
    label_set = pl.DataFrame(own, schema={"image_id": pl.String, "labels": pl.List(pl.Int16)}, orient="row")
    return label("labels.csv", index, label_set, _EQUIVALENT, "plus", agreement_key=None)


def predictions(**classes: int | None) -> pl.DataFrame:
    """Return `Predictions`, without a class where it is None."""
    rows = [
        (name, 0, "ok", None, number, "none" if number is None else "index", None, False, False, False)
        for name, number in classes.items()
    ]
    return pl.DataFrame(rows, schema=Predictions.create_empty().schema, orient="row")


def outputs(**scores: dict[int, float]) -> pl.DataFrame:
    """Return `Outputs` with the scores of some classes, best first."""
    rows = [(name, list(found), list(found.values())) for name, found in scores.items()]
    return pl.DataFrame(rows, schema=Outputs.create_empty().schema, orient="row")
