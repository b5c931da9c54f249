"""Series of points with intervals, and accuracies beside other facts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullFormatter

from imeval.figures.context import Context, Entry
from imeval.figures.drawing import GROUP_COLOURS, GROUP_MARKERS, ROW_HEIGHT, SMALL
from imeval.scoring.contract import Metrics
from imeval.scoring.intervals import wilson

Labels = Literal["imgt", "regt"]

_COLOURS = ("#1f3b5c", "#d55e00", "#56b4e9", "#7a7a7a", "#009e73", "#cc79a7")
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")


@dataclass(frozen=True)
class Share:
    """Hits among some, with Wilson's interval, in percent.

    All are None if there is nothing to count.
    """

    value: float | None
    low: float | None
    high: float | None


def share(hits: int, n: int, confidence: float) -> Share:
    """Return a share in percent."""
    if not n:
        return Share(None, None, None)
    low, high = wilson(hits, n, confidence)
    return Share(100 * hits / n, 100 * low, 100 * high)


def shares(frame: pl.DataFrame, confidence: float, hits: str = "hits", n: str = "images") -> pl.DataFrame:
    """Add columns `value`, `ci_low` and `ci_high` of hits, in percent."""
    found = [share(row[hits], row[n], confidence) for row in frame.iter_rows(named=True)]
    columns = {"value": [one.value for one in found]}
    columns |= {"ci_low": [one.low for one in found], "ci_high": [one.high for one in found]}
    return frame.with_columns(pl.Series(name, values, dtype=pl.Float64) for name, values in columns.items())


def draw(ax: Axes, points: pl.DataFrame, x: str, place: int, *, apart: float = 0.0) -> None:
    """Draw one of several series, with its intervals.

    Args:
        ax: the panel.
        points: `x`, and the columns of `shares`; points without a value are left out.
        x: the column of the horizontal axis.
        place: the number of the series, which decides its colour and marker.
        apart: how far the series is moved aside, so that no interval hides another.
    """
    known = points.filter(pl.col("value").is_not_null())
    colour, marker = _style(place)
    places = (known[x].cast(pl.Float64) + apart).to_list()
    ax.vlines(places, known["ci_low"].to_list(), known["ci_high"].to_list(), color=colour, lw=0.8)
    ax.plot(places, known["value"].to_list(), color=colour, marker=marker, ms=3, lw=0.8)


def list_series(figure: Figure, titles: Sequence[str]) -> None:
    """Write below a figure what its series are."""
    handles = [Line2D([], [], color=_style(place)[0], marker=_style(place)[1], ms=3) for place in range(len(titles))]
    _below(figure, handles, titles)


_AGAINST = {
    "group": pl.String, "model": pl.String, "title": pl.String, "task": pl.String, "labels": pl.String,
    "images": pl.Int64, "fact": pl.Float64, "value": pl.Float64, "ci_low": pl.Float64, "ci_high": pl.Float64,
}  # fmt: skip


def against(context: Context, rows: Sequence[Entry], labels: Labels, facts: Sequence[float]) -> pl.DataFrame:
    """Return the accuracy of rows beside a fact of each."""
    lines = []
    for row, fact in zip(rows, facts, strict=True):
        found = context.read_row("metrics", row, Metrics).filter(metric="accuracy", labels=labels, category="A")
        for measured in found.iter_rows(named=True):
            percent = {name: measured[name] and 100 * measured[name] for name in ("value", "ci_low", "ci_high")}
            model = context.models[row[0]]
            about = {"group": model.group, "model": row[0], "title": model.title, "task": row[1]}
            lines.append({**about, "labels": labels, "images": measured["n"], "fact": fact, **percent})
    return pl.DataFrame(lines, schema=_AGAINST)


def scatter(figure: Figure, ax: Axes, points: pl.DataFrame, x: str) -> None:
    """Draw accuracies over a fact on a logarithmic axis.

    Each point has a number, and the models' titles stand below by their numbers.
    """
    handles = []
    for number, row in enumerate(points.iter_rows(named=True), start=1):
        colour, marker = GROUP_COLOURS[row["group"]], GROUP_MARKERS[row["group"]]
        handles.append(Line2D([], [], color=colour, marker=marker, ms=3, ls=""))
        if row["value"] is not None:
            ax.vlines(row[x], row["ci_low"], row["ci_high"], color=colour, lw=0.8)
            ax.plot(row[x], row["value"], marker, color=colour, ms=3)
            where = (row[x], row["value"])
            ax.annotate(str(number), where, (3, 2), textcoords="offset points", size=SMALL)
    ax.set_xscale("log")
    # By default the labels of a logarithmic axis are formulas.
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.margins(0.1)
    ax.grid(color="#dddddd", lw=0.4)
    ax.set_axisbelow(True)
    titles = [f"{number} {row['title']}" for number, row in enumerate(points.iter_rows(named=True), start=1)]
    _below(figure, handles, titles)


def in_words(points: pl.DataFrame, x: str, unit: str) -> str:
    """Return the points of `scatter` in words."""
    known = points.filter(pl.col("value").is_not_null())
    rows = known.select("title", x, "value").rows()
    return " ".join(f"{title}: {fact:.3g} {unit}, {value:.1f} %." for title, fact, value in rows)


def range_in_words(found: pl.DataFrame) -> str:
    """Return the lowest and highest value of a series in words."""
    values = found["value"].drop_nulls().to_list()
    return f"{min(values):.1f} to {max(values):.1f} %" if values else "no answer"


def height(titles: Sequence[str]) -> float:
    """Return the height of the list of titles, in inches."""
    return ROW_HEIGHT * math.ceil(len(titles) / _columns(titles))


def _below(figure: Figure, handles: Sequence[Line2D], titles: Sequence[str]) -> None:
    columns = _columns(titles)
    figure.legend(handles, titles, loc="outside lower left", ncols=columns, fontsize=SMALL, columnspacing=1)


def _columns(titles: Sequence[str]) -> int:
    return 2 if len(titles) > 3 and max(map(len, titles)) < 32 else 1


def _style(place: int) -> tuple[str, str]:
    """Return the colour and the marker of a series."""
    return _COLOURS[place % len(_COLOURS)], _MARKERS[place % len(_MARKERS)]
