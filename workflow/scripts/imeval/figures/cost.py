"""Accuracy against what the answers cost."""

from dataclasses import dataclass
from typing import Literal

import polars as pl

from imeval.asking.contract import Responses
from imeval.asking.prices import Prices
from imeval.asking.tokens import Usage
from imeval.figures import series
from imeval.figures.context import Context, Entry
from imeval.figures.drawing import Drawn, explain_nothing, figure_of, set_title
from imeval.figures.sources import OfTable, Sources

SOURCES = Sources(files=("metrics", "responses"), rows="paid")


@dataclass(frozen=True)
class Settings(OfTable):
    """The keys of the figure of costs."""

    labels: Literal["regt", "imgt"] = "regt"
    """The labels under which models are correct: the label set, or the original labels."""


def figure(context: Context, settings: Settings) -> Drawn:
    """Draw each model's best accuracy over its dollars."""
    rows = context.best_rows
    costs = {row: _dollars(context, row) for row in rows}
    known = [row for row in rows if costs[row]]
    labels = context.label_titles[settings.labels]
    title = f"Accuracy under {labels} by cost: {context.subject}"
    points = series.against(context, known, settings.labels, [costs[row] for row in known])
    points = points.rename({"fact": "usd_per_1000_images"})
    drawn = figure_of(2 + series.height(points["title"].to_list()))
    set_title(drawn, title)
    ax = drawn.subplots()
    if known:
        series.scatter(drawn, ax, points, "usd_per_1000_images")
        ax.set_xlabel(
            "US dollars for 1,000 images, by the tokens of requests,\nwithout discounts of caches and batches"
        )
        ax.set_ylabel("accuracy in %")
    else:
        explain_nothing(ax, "no answer has a count of its tokens")
    words = series.in_words(points, "usd_per_1000_images", "dollars for 1,000 images")
    return Drawn(drawn, title, f"{title}. {words}", points)


def _dollars(context: Context, row: Entry) -> float:
    """Return the dollars for 1,000 images, 0 if unknown.

    The tokens of a request stand in the row of each of its images.
    """
    responses = context.read_row("responses", row, Responses)
    requests = responses.unique("request_key").filter(pl.col("input_tokens").is_not_null())
    tokens = (int(requests[name].sum()) for name in ("input_tokens", "output_tokens"))
    usd = Prices(**context.models[row[0]].prices).usd(Usage(*tokens), batched=False)
    images = responses.filter(pl.col("request_key").is_in(requests["request_key"].implode()))
    return 1000 * usd / len(images) if len(images) else 0.0
