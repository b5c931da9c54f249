"""The figure of agreement (arXiv Figure 9)."""

from collections.abc import Mapping

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from imeval.base import parquet
from imeval.figures.drawing import ROW_HEIGHT
from imeval.figures.sources import Sources
from imeval.scoring.agreement import ORIGINAL
from imeval.scoring.contract import Agreement

SOURCES = Sources(files=("agreement",))


def figure(files: Mapping[str, str], titles: Mapping[str, str], subject: str) -> Figure:
    """Draw an Agreement file, with the original labels before the models."""
    return draw(parquet.read(files["agreement"], Agreement), {ORIGINAL: "ImGT", **titles}, subject)


def draw(agreement: pl.DataFrame, titles: Mapping[str, str], subject: str) -> Figure:
    """Draw how alike models recognize classes and images.

    The left square is Spearman's correlation of per-class recall, the right one Phi of correctness.

    Args:
        agreement: `Agreement`.
        titles: the models' titles by id, in the order of the squares' rows and columns.
        subject: the images and labels that the numbers are of.
    """
    # A square grows with its models, from what titles and ticks take.
    side = 1.6 + ROW_HEIGHT * 1.4 * len(titles)
    drawn = Figure(figsize=(2 * side + 1, side + 0.6), layout="constrained")
    drawn.suptitle(f"Agreement of models on {subject}")
    left, right = drawn.subplots(1, 2)
    _square(left, agreement, "spearman", titles)
    left.set_title("Spearman correlation of per-class recall")
    _square(right, agreement, "phi", titles)
    right.set_title("Phi of correctness")
    return drawn


def _square(ax: Axes, agreement: pl.DataFrame, column: str, titles: Mapping[str, str]) -> None:
    found = {(row["model_a"], row["model_b"]): row[column] for row in agreement.iter_rows(named=True)}
    # A correlation with a constant is undefined: a model that is always right agrees with none.
    values = np.array([[found[a, b] if found[a, b] is not None else np.nan for b in titles] for a in titles])
    ax.imshow(values, vmin=-1, vmax=1, cmap="RdBu")
    ax.set_xticks(range(len(titles)), list(titles.values()), rotation=60, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(len(titles)), list(titles.values()))
    for row, column_values in enumerate(values):
        for place, value in enumerate(column_values):
            text = "–" if np.isnan(value) else f"{value:.2f}"
            # White on the dark ends of the colour map.
            ax.text(place, row, text, ha="center", va="center", color="white" if abs(value) > 0.6 else "black", size=7)
