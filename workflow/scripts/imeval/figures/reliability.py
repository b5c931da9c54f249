"""Reliability: how often a classifier is right at each score."""

from dataclasses import dataclass
from typing import Annotated, Literal

import polars as pl
from annotated_types import Interval

from imeval.figures import series
from imeval.figures.context import Context, Entry
from imeval.figures.drawing import Drawn, explain_nothing, figure_of, set_title
from imeval.figures.sources import OfTable, Sources
from imeval.models.contract import Outputs
from imeval.scoring.contract import Scores

SOURCES = Sources(files=("outputs", "scores"), rows="scored")


@dataclass(frozen=True)
class Settings(OfTable):
    """The keys of the figure of reliability."""

    labels: Literal["regt", "imgt"] = "regt"
    """The labels under which models are correct: the label set, or the original labels."""

    bins: Annotated[int, Interval(ge=2, le=100)] = 10
    """The number of equally wide bins of scores."""


def figure(context: Context, settings: Settings) -> Drawn:
    """Draw the accuracy of each bin over its mean score."""
    curves = {row: _curve(context, row, settings) for row in context.rows}
    titles = [f"{context.title(row, several=False)} (ECE {_error(found):.1f})" for row, found in curves.items()]
    labels = context.label_titles[settings.labels]
    title = f"Accuracy under {labels} by score: {context.subject}"
    drawn = figure_of(2.6 + series.height(titles))
    set_title(drawn, title)
    ax = drawn.subplots()
    data = pl.concat(curves.values())
    if data["images"].sum():
        ax.plot([0, 100], [0, 100], color="#888888", lw=0.6, ls=":", zorder=0)
        for place, found in enumerate(curves.values()):
            series.draw(ax, found, "score", place)
        ax.set_xlim(0, 100)
        ax.set_ylim(-2, 102)
        ax.set_xlabel("mean score of the class that is taken, in %")
        ax.set_ylabel("accuracy in %")
        series.list_series(drawn, titles)
    else:
        explain_nothing(ax, "no image has a label and a score")
    return Drawn(drawn, title, f"{title}. ECE is the expected calibration error, in points. {'; '.join(titles)}.", data)


def _curve(context: Context, row: Entry, settings: Settings) -> pl.DataFrame:
    """Return the accuracy and the mean score of each bin.

    Images of N are left out, as every class is correct on them.
    """
    score = 100 * pl.col("scores").list.first().cast(pl.Float64)
    outputs = context.read_row("outputs", row, Outputs).select("image_id", score=score).drop_nulls()
    scored = context.read_row("scores", row, Scores).filter(pl.col("run") == 0, pl.col("category") != "N")
    width = 100 / settings.bins
    counted = (
        scored.join(outputs, on="image_id")
        .group_by(bin=(pl.col("score") / width).floor().clip(0, settings.bins - 1).cast(pl.Int64))
        .agg(images=pl.len(), hits=pl.col(f"{settings.labels}_correct").sum(), score=pl.col("score").mean())
        .sort("bin")
        # A model's scores differ in their last digits with the images beside them in a batch.
        .select(pl.lit(row[0]).alias("model"), "bin", "images", "hits", pl.col("score").round(4))
    )
    return series.shares(counted, context.confidence)


def _error(found: pl.DataFrame) -> float:
    """Return the expected calibration error in points.

    It is the mean distance of accuracy and score over the bins, each weighted by its images.
    """
    rows = found.select("value", "score", "images").rows()
    images = sum(n for *_, n in rows)
    return float(sum(n * abs(value - score) for value, score, n in rows) / images) if images else 0.0
