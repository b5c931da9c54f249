"""Accuracy by the position of an image in its request."""

from dataclasses import dataclass
from typing import Literal

import polars as pl
from matplotlib.ticker import MaxNLocator

from imeval.asking.contract import Responses
from imeval.figures import series
from imeval.figures.context import Context, Entry
from imeval.figures.drawing import Drawn, explain_nothing, figure_of, set_title
from imeval.figures.sources import OfTable, Sources
from imeval.scoring.contract import Scores

SOURCES = Sources(files=("metrics", "responses", "scores"), rows="placed")


@dataclass(frozen=True)
class Settings(OfTable):
    """The keys of the figure of positions."""

    labels: Literal["regt", "imgt"] = "regt"
    """The labels under which answers are correct: the label set, or the original labels."""


def figure(context: Context, settings: Settings) -> Drawn:
    """Draw a line for each model's best task."""
    measured = {row: _by_position(context, row, settings.labels) for row in context.best_rows}
    # A request about one image alone has one position, which nothing stands beside.
    lines = {row: found for row, found in measured.items() if len(found) > 1}
    titles = [context.title(row, several=True) for row in lines]
    title = f"Accuracy by position in the request: {context.subject}"
    drawn = figure_of(2 + series.height(titles))
    set_title(drawn, title)
    ax = drawn.subplots()
    for place, found in enumerate(lines.values()):
        series.draw(ax, found, "position", place, apart=0.08 * (place - (len(lines) - 1) / 2))
    if lines:
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.set_xlabel("position of the image in its request")
        ax.set_ylabel(f"accuracy in %, under {context.label_titles[settings.labels]}")
        series.list_series(drawn, titles)
    else:
        explain_nothing(ax, "every answer is to a request about one image")
    data = pl.concat([_EMPTY, *(found.select(_EMPTY.columns) for found in lines.values())])
    words = [f"{name}: {series.range_in_words(found)}." for name, found in zip(titles, lines.values(), strict=True)]
    return Drawn(drawn, title, f"{title}. {' '.join(words) or 'No request is about several images.'}", data)


_EMPTY = pl.DataFrame(
    schema={
        "model": pl.String, "task": pl.String, "position": pl.Int16, "images": pl.UInt32, "hits": pl.UInt32,
        "value": pl.Float64, "ci_low": pl.Float64, "ci_high": pl.Float64,
    }
)  # fmt: skip


def _by_position(context: Context, row: Entry, labels: series.Labels) -> pl.DataFrame:
    """Return the accuracy at each position, over all runs.

    Failed requests have no answer, and are left out.
    """
    placed = context.read_row("responses", row, Responses).select("image_id", "run", "position")
    scored = context.read_row("scores", row, Scores).filter(pl.col("outcome") != "error")
    counted = (
        scored.join(placed, on=["image_id", "run"])
        .group_by("position")
        .agg(images=pl.len(), hits=pl.col(f"{labels}_correct").sum())
        .sort("position")
        .with_columns(model=pl.lit(row[0]), task=pl.lit(row[1]))
    )
    return series.shares(counted, context.confidence)
