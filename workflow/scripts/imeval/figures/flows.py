"""Flows of images from category to category between two label sets."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from imeval.figures.context import Context
from imeval.figures.drawing import Drawn, explain_nothing, figure_of, set_title
from imeval.figures.sources import Sources
from imeval.labels.contract import CATEGORIES, Labels
from imeval.labels.summary import LabelSet, category_flows
from imeval.models.facts import EntryOf

SOURCES = Sources(files=("labels", "other_labels"), relabelled=True)

_COLOURS = {"S+": "#009e73", "S-": "#d55e00", "M+": "#56b4e9", "M-": "#cc79a7", "N": "#7a7a7a"}
"""Okabe and Ito's colours; the categories are written beside them."""

_BAR, _GAP = 0.04, 0.03
"""The width of a bar, and the height between two of them."""


@dataclass(frozen=True)
class Settings:
    """The keys of the figure of flows."""

    table: Annotated[str, EntryOf("tables")] = "table44"
    """The entry of `tables` with two label sets: the first of its `label_sets`, and its own, to which images go."""


def figure(context: Context, settings: Settings) -> Drawn:
    """Draw a band for each pair of categories."""
    before = LabelSet(context.other_label_set, context.read("other_labels", Labels))
    after = LabelSet(context.label_set, context.read("labels", Labels))
    flows = category_flows(before, after)
    images = sum(count for _, count in flows)
    title = f"Label categories from {before.title} to {after.title}: {context.subject}"
    drawn = figure_of(3.2)
    set_title(drawn, title)
    ax = drawn.subplots()
    if images:
        _draw(ax, flows, images, (before.title, after.title))
    else:
        explain_nothing(ax, "no image has labels in both label sets")
    data = pl.DataFrame(
        [(one, other, count, round(100 * count / images, 4)) for (one, other), count in flows],
        schema={"before": pl.String, "after": pl.String, "images": pl.Int64, "percent": pl.Float64},
        orient="row",
    )
    same = sum(count for (one, other), count in flows if one == other)
    return Drawn(drawn, title, f"{title}. {same} of {images} images keep their category. {_in_words(flows)}", data)


def _in_words(flows: list[tuple[tuple[str, str], int]]) -> str:
    moved = sorted((pair for pair in flows if pair[0][0] != pair[0][1]), key=lambda pair: -pair[1])
    return "".join(f"{one} to {other}: {count}. " for (one, other), count in moved[:5]).strip()


def _draw(ax: Axes, flows: list[tuple[tuple[str, str], int]], images: int, titles: tuple[str, str]) -> None:
    """Draw both columns of bars, and the bands between them."""
    ax.axis("off")
    ax.set_xlim(-0.18, 1.18)
    sides = [_bars(flows, images, side) for side in (0, 1)]
    height = max(top for bars in sides for _, top in bars.values())
    ax.set_ylim(height, -0.08)
    for side, bars in enumerate(sides):
        ax.text(side, -0.03, titles[side], ha="center", va="bottom")
        for category, (start, end) in bars.items():
            count = sum(n for pair, n in flows if pair[side] == category)
            ax.add_patch(Rectangle((side - _BAR / 2, start), _BAR, end - start, color=_COLOURS[category], lw=0))
            text = f"{category.replace('-', '−')}  {count:,}"
            ax.text(side + (side - 0.5) * 0.07, (start + end) / 2, text, ha=("right", "left")[side], va="center")
    starts = [{category: start for category, (start, _) in bars.items()} for bars in sides]
    for (one, other), count in flows:
        width = count / images
        _band(ax, starts[0][one], starts[1][other], width, _COLOURS[one])
        starts[0][one] += width
        starts[1][other] += width


def _bars(flows: list[tuple[tuple[str, str], int]], images: int, side: int) -> dict[str, tuple[float, float]]:
    """Return the start and the end of each category's bar."""
    bars: dict[str, tuple[float, float]] = {}
    place = 0.0
    for category in CATEGORIES:
        if count := sum(n for pair, n in flows if pair[side] == category):
            bars[category] = (place, place + count / images)
            place += count / images + _GAP
    return bars


def _band(ax: Axes, left: float, right: float, width: float, colour: str) -> None:
    """Draw a band that begins and ends level."""
    x = np.linspace(0, 1, 60)
    centre = left + (right - left) * (3 * x**2 - 2 * x**3)
    ax.fill_between(_BAR / 2 + x * (1 - _BAR), centre, centre + width, color=colour, alpha=0.45, lw=0)
