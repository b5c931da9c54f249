"""Figure 7: what came of the second annotation pass."""

from dataclasses import dataclass

import polars as pl
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from imeval.annotation.contract import OUTCOMES, Outcomes
from imeval.figures.context import Context
from imeval.figures.drawing import ROW_HEIGHT, SMALL, Drawn, explain_nothing, figure_of, set_title
from imeval.figures.second_pass import TITLES, chosen_source
from imeval.figures.sources import Sources
from imeval.labels.contract import CATEGORIES

SOURCES = Sources(files=("outcomes",))

_STYLES = {
    "preferred": ("#1f3b5c", "", "white"),
    "combined": ("#56b4e9", "////", "black"),
    "preserved": ("#d55e00", "", "black"),
    "other": ("#e3e3e3", "", "black"),
}
"""The colour, hatch and letters of each outcome; they differ in lightness."""


@dataclass(frozen=True)
class Settings:
    """The keys of Figure 7."""

    source: str | None = None
    """The model whose proposals are counted; by default the first of those that people saw."""


def figure(context: Context, settings: Settings) -> Drawn:
    """Draw the shares of the outcomes, and the paper's if known."""
    found = context.read("outcomes", Outcomes).filter(pl.col("annotator") == "", pl.col("outcome") != "undecided")
    source = chosen_source("figure7", context, found["source"], settings.source)
    bars = _bars(found.filter(source=source))
    title = f"Outcomes of the second annotation pass, proposals of {context.models[source].title}: {context.subject}"
    names = bars.select("category", "of").unique(maintain_order=True).rows()
    drawn = figure_of(1.3 + 1.6 * ROW_HEIGHT * max(1, len(names)))
    set_title(drawn, title)
    ax = drawn.subplots()
    if names:
        for place, (category, of) in enumerate(names):
            _draw_bar(ax, place, bars.filter(category=category, of=of))
        totals = [bars.filter(category=category, of=of)["images"].sum() for category, of in names]
        ticks = [f"{category}, {of} ({total})" for (category, of), total in zip(names, totals, strict=True)]
        ax.set_yticks(range(len(names)), ticks)
        ax.set_ylim(len(names) - 0.4, -0.6)
        ax.set_xlim(0, 100)
        ax.set_xlabel("images in %, with their number")
        ax.tick_params(axis="y", length=0)
        drawn.legend(handles=_handles(), loc="outside lower center", ncols=2, handlelength=1.5)
    else:
        explain_nothing(ax, "no decision about a proposal that the labels did not admit")
    words = " ".join(
        f"{row['category']}, {row['of']}, {TITLES[row['outcome']]}: {row['images']} ({row['share']:.1f} %)."
        for row in bars.iter_rows(named=True)
    )
    return Drawn(drawn, title, f"{title}. {words or 'No decision.'}", bars)


def _handles() -> list[Patch]:
    return [
        Patch(fc=colour, hatch=hatch, ec="white", label=TITLES[name]) for name, (colour, hatch, _) in _STYLES.items()
    ]


def _bars(found: pl.DataFrame) -> pl.DataFrame:
    """Return a row for each part of a bar, in percent.

    Categories without an image are left out.
    """
    order = pl.Enum(OUTCOMES)
    rows = found.filter(pl.col("outcome").is_in(list(_STYLES))).sort("category", pl.col("outcome").cast(order))
    here = rows.select("category", "outcome", "images", of=pl.lit("this run"))
    paper = rows.drop_nulls("published").select("category", "outcome", images="published", of=pl.lit("paper"))
    totals = pl.col("images").sum().over("category", "of")
    both = pl.concat([here, paper.select(here.columns)]).with_columns(share=100 * pl.col("images") / totals)
    placed = pl.col("category").cast(pl.Enum((*CATEGORIES, "A", "control")))
    return both.filter(totals > 0).sort(placed, "of", maintain_order=True, descending=[False, True])


def _draw_bar(ax: Axes, place: int, parts: pl.DataFrame) -> None:
    left = 0.0
    for row in parts.iter_rows(named=True):
        colour, hatch, letters = _STYLES[row["outcome"]]
        ax.barh(place, row["share"], left=left, height=0.7, color=colour, hatch=hatch, edgecolor="white", lw=0.5)
        if row["share"] > 7:
            box = {"boxstyle": "round,pad=0.15", "fc": colour, "ec": "none"}
            middle = left + row["share"] / 2
            ax.text(middle, place, row["images"], ha="center", va="center", color=letters, size=SMALL, bbox=box)
        left += row["share"]
