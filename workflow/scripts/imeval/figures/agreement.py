"""arXiv Figure 9: how alike the errors of models are."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from imeval.figures.context import GROUPS, Context, Group
from imeval.figures.drawing import SMALL, Drawn, explain_nothing, figure_of, set_title
from imeval.figures.sources import OfTable, Sources
from imeval.scoring.agreement import ORIGINAL
from imeval.scoring.contract import Agreement

SOURCES = Sources(files=("agreement",))

_COLOURS = colormaps["cividis"]
"""Its lightness rises evenly, so that it survives grey and colour-blindness."""

_MEASURES = {"spearman": "Spearman's correlation of per-class recall", "phi": "Phi of correctness by image"}

_SCALE = 100
"""Hundredths fit into the squares of 13 models, where a point does not."""


@dataclass(frozen=True)
class Settings(OfTable):
    """The keys of the figure of agreement."""


@dataclass(frozen=True)
class _Member:
    """A row and column of a square."""

    id: str
    title: str
    block: Group | None


def figure(context: Context, settings: Settings) -> Drawn:
    """Draw a square for each measure."""
    found = context.read("agreement", Agreement)
    known = set(found["model_a"])
    models = [name for name in context.grouped(list(context.models)) if name in known]
    members = [_Member(name, context.models[name].title, context.models[name].group) for name in models]
    members.append(_Member(ORIGINAL, "ImGT", None))
    squares = {column: _square(found, column, members) for column in _MEASURES}
    lowest = min((_lowest(square) for square in squares.values() if not np.isnan(square).all()), default=0.0)
    title = f"Agreement of models under {context.label_set}: {context.subject}"
    empty = [_is_empty(square) for square in squares.values()]
    drawn = figure_of(5.9 - 1.4 * sum(empty))
    set_title(drawn, title)
    upper, lower = drawn.subplots(2, 1, height_ratios=[0.25 if one else 1 for one in empty])
    images = []
    for ax, (column, heading) in zip((upper, lower), _MEASURES.items(), strict=True):
        ax.set_title(f"{heading}, × {_SCALE}", pad=12)
        if _is_empty(squares[column]):
            explain_nothing(ax, _why_empty(found, column))
        else:
            images.append(_draw_square(ax, squares[column], members, lowest))
    if images:
        # The columns of both squares have the titles below the second.
        shown = [ax for ax in (upper, lower) if ax.images]
        shown[-1].set_xticks(range(len(members)), [member.title for member in members], rotation=90)
        bar = drawn.colorbar(images[0], ax=[upper, lower], location="bottom", shrink=0.6, aspect=30, pad=0.02)
        bar.formatter = FuncFormatter(lambda value, _: f"{_SCALE * value:.0f}")
    return Drawn(drawn, title, _in_words(found, members, context), _shown(found, members))


def _square(found: pl.DataFrame, column: str, members: Sequence[_Member]) -> NDArray[np.float64]:
    # A correlation with a constant is undefined: a model that is always right agrees with none.
    values = {(row["model_a"], row["model_b"]): row[column] for row in found.iter_rows(named=True)}
    return np.array([[values[a.id, b.id] for b in members] for a in members], dtype=np.float64)


def _is_empty(square: NDArray[np.float64]) -> bool:
    """Return whether no two members have a correlation."""
    return bool(np.isnan(square[~np.eye(len(square), dtype=bool)]).all())


def _lowest(square: NDArray[np.float64]) -> float:
    """Return the low end of the colours."""
    return min(0.0, float(np.floor(10 * np.nanmin(square)) / 10))


def _why_empty(found: pl.DataFrame, column: str) -> str:
    unit, count = ("classes", found["classes"][0]) if column == "spearman" else ("images", found["images"][0])
    if count < 2:
        of = "with images of exactly one label" if column == "spearman" else "with a label"
        return f"nothing to correlate:\n{count} {unit} {of}"
    constant = "the same recall in all" if column == "spearman" else "all or none right of"
    return f"nothing to correlate: of every two models,\none has {constant} {count} {unit}"


def _draw_square(ax: Axes, square: NDArray[np.float64], members: Sequence[_Member], lowest: float) -> AxesImage:
    image = ax.imshow(square, vmin=lowest, vmax=1, cmap=_COLOURS.with_extremes(bad="white"))
    ax.set_xticks([])
    ax.set_yticks(range(len(members)), [member.title for member in members])
    ax.tick_params(length=0, labelsize=SMALL)
    ax.spines[:].set_visible(False)
    for row, column in np.ndindex(square.shape):
        value = float(square[row, column])
        is_dark = (value - lowest) / (1 - lowest) < 0.55
        colour, size = "white" if is_dark else "black", SMALL - 1 if len(members) > 12 else SMALL
        number = "–" if np.isnan(value) else f"{round(_SCALE * value)}"
        ax.text(column, row, number, ha="center", va="center_baseline", color=colour, size=size)
    for place, (before, after) in enumerate(pairwise(members)):
        if before.block != after.block:
            for line in (ax.axhline, ax.axvline):
                line(place + 0.5, color="white", lw=2)
    _name_blocks(ax, members)
    return image


def _name_blocks(ax: Axes, members: Sequence[_Member]) -> None:
    blocks = [member.block for member in members]
    for block in dict.fromkeys(blocks):
        if block is not None:
            places = [place for place, other in enumerate(blocks) if other == block]
            ax.text((places[0] + places[-1]) / 2, -0.6, GROUPS[block], ha="center", va="bottom", size=SMALL)


def _shown(found: pl.DataFrame, members: Sequence[_Member]) -> pl.DataFrame:
    described = pl.DataFrame(
        {
            "model": [member.id for member in members],
            "title": [member.title for member in members],
            "group": [member.block or ORIGINAL for member in members],
        }
    )
    shown = found
    for side in ("a", "b"):
        shown = shown.join(described.select(pl.all().name.suffix(f"_{side}")), on=f"model_{side}")
    order = [member.id for member in members]
    return shown.sort(*(pl.col(f"model_{side}").cast(pl.Enum(order)) for side in ("a", "b")))


def _in_words(found: pl.DataFrame, members: Sequence[_Member], context: Context) -> str:
    titles = {member.id: member.title for member in members}
    pairs = found.filter(pl.col("model_a") < pl.col("model_b"))
    blocks = dict.fromkeys(GROUPS[member.block] if member.block else member.title for member in members)
    lines = [f"Two squares of {len(members)} rows and columns, in blocks: {', '.join(blocks)}."]
    for column, heading in _MEASURES.items():
        known = pairs.filter(pl.col(column).is_not_null()).sort(column, "model_a", "model_b")
        if known.is_empty():
            lines.append(f"{heading}: {_why_empty(found, column)}.")
            continue
        ends = [known.row(place, named=True) for place in (0, -1)]
        named = [f"{row[column]:.2f} ({titles[row['model_a']]} and {titles[row['model_b']]})" for row in ends]
        lines.append(f"{heading}: from {named[0]} to {named[1]}.")
    return f"Agreement of the errors of models, of {context.subject}. {' '.join(lines)}"
