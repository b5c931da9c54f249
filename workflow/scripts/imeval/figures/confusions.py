"""The most confused classes behind the distractors of multiple choice."""

from dataclasses import dataclass
from typing import Annotated

import polars as pl
from annotated_types import Interval
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from imeval.choices.contract import Confusions
from imeval.figures.context import Context, named
from imeval.figures.drawing import (
    GROUP_COLOURS,
    ROW_HEIGHT,
    Drawn,
    explain_nothing,
    figure_of,
    set_title,
    shortened,
)
from imeval.figures.sources import Sources

SOURCES = Sources(files=("confusions",))

_LETTERS = 62
"""What fits into a line."""


@dataclass(frozen=True)
class Settings:
    """The keys of the figure of confusions."""

    pairs: Annotated[int, Interval(ge=1, le=60)] = 20
    """The most pairs of classes that are shown."""


def figure(context: Context, settings: Settings) -> Drawn:
    """Draw a bar for each pair."""
    (model,) = context.models.values()
    confused = context.read("confusions", Confusions).filter(pl.col("images") > 0)
    # By the ids too, in ascending order, as pairs with equal counts and scores need an order.
    pairs = confused.sort(
        "images", "mean_score", "class_id", "confused_with", descending=[True, True, False, False]
    ).head(settings.pairs)
    pairs = pairs.with_columns(
        named(context.names, "class_id").alias("class_name"),
        named(context.names, "confused_with").alias("confused_with_name"),
    )
    drawn = figure_of(0.9 + 2 * ROW_HEIGHT * max(len(pairs), 1))
    images, shown = confused["images"].sum(), pairs["images"].sum()
    title = f"{model.title}: its most confused classes, of {context.subject}"
    set_title(drawn, title)
    ax = drawn.subplots()
    if pairs.is_empty():
        explain_nothing(ax, "no image is taken for one of another class")
    else:
        of_all = f"{len(pairs)} of {len(confused)} pairs, with {shown} of {images} confused images"
        _draw_pairs(ax, pairs, of_all)
    words = "; ".join(f"{_arrow(row)}: {row['images']}" for row in pairs.iter_rows(named=True)) or "none"
    text = f"Images of one class that {model.title} takes for another, of {context.subject}: {words}."
    return Drawn(drawn, title, text, pairs)


def _draw_pairs(ax: Axes, pairs: pl.DataFrame, of_all: str) -> None:
    # A name above each bar: beside it, two names of ImageNet would leave no place for bars.
    for place, row in enumerate(pairs.iter_rows(named=True)):
        ax.barh(place, row["images"], height=0.4, color=GROUP_COLOURS["supervised"])
        ax.text(0, place - 0.28, shortened(_arrow(row), _LETTERS), va="bottom", size=6.5)
        ax.annotate(str(row["images"]), (row["images"], place), (2, 0), textcoords="offset points", va="center", size=6)
    ax.set_ylim(len(pairs) - 0.6, -0.9)
    ax.set_yticks([])
    ax.spines.left.set_visible(False)
    ax.margins(x=0.08)
    ax.set_xlim(left=0)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    ax.set_xlabel(f"images of the first class that are taken for the second\n({of_all})")


def _arrow(row: dict[str, object]) -> str:
    return f"{row['class_name']} → {row['confused_with_name']}"
