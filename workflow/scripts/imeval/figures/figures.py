"""The figures, from the frames of their stage to a matplotlib figure; nothing in one differs between two runs."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from imeval.base.files import replacing

_PAIRS = 20
_HEIGHT = 0.3
"""Inches a row."""

# Fixed ids, and texts as texts.
matplotlib.rcParams.update({"svg.hashsalt": "imeval", "svg.fonttype": "none", "pdf.fonttype": 42, "font.size": 9})


def agreement(frame: pl.DataFrame, titles: Mapping[str, str], subject: str) -> Figure:
    """Draw two squares: Spearman of per-class recall, and Phi of correctness (arXiv Figure 9).

    Args:
        frame: `Agreement`.
        titles: what to call the models, in their order.
        subject: the images and labels that the numbers are of.
    """
    side = 1.6 + _HEIGHT * 1.4 * len(titles)
    figure = Figure(figsize=(2 * side + 1, side + 0.6), layout="constrained")
    figure.suptitle(f"Agreement of models on {subject}")
    axes = figure.subplots(1, 2)
    for ax, column, title in zip(
        axes, ("spearman", "phi"), ("Spearman correlation of per-class recall", "Phi of correctness"), strict=True
    ):
        _square(ax, frame, column, titles)
        ax.set_title(title)
    return figure


def confusions(frame: pl.DataFrame, names: Sequence[str], title: str) -> Figure:
    """Draw the pairs of classes that are most often confused, and how often.

    Args:
        frame: `Confusions`.
        names: the class names by class id.
        title: whose confusions they are, and of which images.
    """
    pairs = frame.filter(pl.col("images") > 0).sort(
        "images", "mean_score", "class_id", "confused_with", descending=[True, True, False, False]
    )
    shown = pairs.head(_PAIRS).reverse()
    figure = Figure(figsize=(7, 1.2 + _HEIGHT * max(len(shown), 2)), layout="constrained")
    figure.suptitle(f"{title}: the {len(shown)} most confused of {len(pairs)} confused pairs")
    ax = figure.subplots()
    labels = [f"{names[row['class_id']]} → {names[row['confused_with']]}" for row in shown.iter_rows(named=True)]
    ax.barh(range(len(shown)), shown["images"].to_list(), color="#4878a8")
    ax.set_yticks(range(len(shown)), labels)
    ax.set_xlabel("images")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.spines[["top", "right"]].set_visible(False)
    return figure


def save(figure: Figure, pdf: Path, svg: Path, png: Path) -> None:
    """Write a figure in its three formats, without a date."""
    undated: dict[Path, dict[str, None]] = {pdf: {"CreationDate": None, "ModDate": None}, svg: {"Date": None}, png: {}}
    for path, metadata in undated.items():
        with replacing(path) as partial:
            figure.savefig(partial, format=path.suffix[1:], dpi=200, metadata=metadata)


def _square(ax: Axes, frame: pl.DataFrame, column: str, titles: Mapping[str, str]) -> None:
    found = {(row["model_a"], row["model_b"]): row[column] for row in frame.iter_rows(named=True)}
    values = np.array([[found[a, b] if found[a, b] is not None else np.nan for b in titles] for a in titles])
    ax.imshow(values, vmin=-1, vmax=1, cmap="RdBu")
    ax.set_xticks(range(len(titles)), list(titles.values()), rotation=60, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(len(titles)), list(titles.values()))
    for row, column_values in enumerate(values):
        for place, value in enumerate(column_values):
            text = "–" if np.isnan(value) else f"{value:.2f}"
            ax.text(place, row, text, ha="center", va="center", color="white" if abs(value) > 0.6 else "black", size=7)
