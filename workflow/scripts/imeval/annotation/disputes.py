"""The images of a second annotation pass, by evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from imeval.annotation import confident, evidence
from imeval.annotation.assignment import lot
from imeval.annotation.contract import Disputes
from imeval.base.files import replacing


@dataclass(frozen=True)
class Selection:
    """Which images people review.

    Attributes:
        categories: the label categories whose images are all disputed; S- and M- in the paper.
        disagreeing: the models whose class disputes an image if its labels do not admit it.
        control: the number of images that are drawn among the others.
        seed: the seed of this draw.
    """

    categories: Sequence[str]
    disagreeing: Sequence[str]
    control: int
    seed: int


def disputes(
    labels: pl.DataFrame,
    predictions: Mapping[str, pl.DataFrame],
    ranked: Mapping[str, pl.DataFrame],
    selection: Selection,
    *,
    confident_of: str | None,
) -> pl.DataFrame:
    """Return the images that people review.

    Disputed images are ordered by evidence, then by the count of confident learning, then by name.

    Args:
        labels: `Labels`.
        predictions: `Predictions` by model.
        ranked: the `Outputs` of the models that have any.
        selection: which images are reviewed.
        confident_of: the model whose outputs confident learning takes, if any.

    Returns:
        `Disputes`.
    """
    weighted = evidence.weights(evidence.votes(predictions, labels))
    chosen = _chosen(labels, weighted, selection)
    voters = weighted.group_by("image_id").agg(pl.len().cast(pl.Int16).alias("of_models"))
    frame = chosen.join(voters, on="image_id", how="left")
    frame = frame.join(evidence.against_labels(weighted), on="image_id", how="left")
    frame = frame.join(_confident(ranked, labels, confident_of), on="image_id", how="left")
    frame = frame.join(evidence.suggestions(weighted, ranked), on="image_id", how="left")
    filled = frame.with_columns(
        pl.col("of_models", "models", "evidence").fill_null(0),
        pl.col("suggestions").fill_null(pl.lit([], dtype=pl.List(pl.Int16))),
    )
    order = [pl.col("reason") == "control", -pl.col("evidence"), -pl.col("confident_count").fill_null(0), "image_id"]
    by_rank = filled.sort(order).with_row_index("rank", offset=1).with_columns(pl.col("rank").cast(pl.Int32))
    return by_rank.select(Disputes.column_names()).sort("image_id")


def write_csv(frame: pl.DataFrame, names: Sequence[str], path: str | Path) -> None:
    """Write `Disputes` by rank, with the names of classes.

    Several classes are one text, such as "526;620".
    """
    name_of = dict(enumerate(names))

    def named(column: str) -> pl.Expr:
        return pl.col(column).replace_strict(name_of, return_dtype=pl.String)

    each = pl.element().replace_strict(name_of, return_dtype=pl.String)
    joined = frame.sort("rank").select(
        "rank",
        "image_id",
        "reason",
        "category",
        "imgt",
        named("imgt").alias("imgt_name"),
        pl.col("labels").cast(pl.List(pl.String)).list.join(";"),
        pl.col("labels").list.eval(each).list.join(";").alias("label_names"),
        "class_id",
        named("class_id").alias("class_name"),
        "models",
        "of_models",
        "evidence",
        "confident_class",
        named("confident_class").alias("confident_class_name"),
        "confident_count",
        pl.col("suggestions").cast(pl.List(pl.String)).list.join(";"),
    )
    with replacing(path) as partial:
        joined.write_csv(partial)


def _chosen(labels: pl.DataFrame, weighted: pl.DataFrame, selection: Selection) -> pl.DataFrame:
    """Return the labels of the chosen images, with the reason."""
    contested = weighted.filter(pl.col("model").is_in(selection.disagreeing) & ~pl.col("right"))["image_id"]
    disputed = pl.col("category").is_in(selection.categories) | pl.col("image_id").is_in(contested.implode())
    marked = labels.select("image_id", "category", "imgt", "labels", disputed=disputed)
    # Each image has a lot of its own, so images that are added or removed do not change the others'.
    lots = [lot(selection.seed, name) for name in marked["image_id"]]
    others = marked.with_columns(lot=pl.Series(lots, dtype=pl.String)).filter(~pl.col("disputed")).sort("lot")
    sample = others.head(selection.control).drop("lot").with_columns(reason=pl.lit("control"))
    return pl.concat([marked.filter("disputed").with_columns(reason=pl.lit("disputed")), sample]).drop("disputed")


def _confident(ranked: Mapping[str, pl.DataFrame], labels: pl.DataFrame, model: str | None) -> pl.DataFrame:
    if model is None:
        schema = {"image_id": pl.String(), "confident_class": pl.Int16(), "confident_count": pl.Int32()}
        return pl.DataFrame(schema=schema)
    return confident.confident_counts(ranked[model], labels)
