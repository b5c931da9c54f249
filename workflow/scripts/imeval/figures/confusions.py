"""The figure of the most confused classes."""

from collections.abc import Mapping, Sequence

import polars as pl
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from imeval.base import parquet
from imeval.choices.contract import Confusions
from imeval.figures.drawing import ROW_HEIGHT
from imeval.figures.sources import Sources
from imeval.labels import class_lists

# How many pairs are shown.
_PAIRS = 20


SOURCES = Sources(files=("confusions",))


def figure(files: Mapping[str, str], titles: Mapping[str, str], subject: str) -> Figure:
    """Draw a Confusions file, which is of one model."""
    (title,) = titles.values()
    names = class_lists.of_job([files["class_list"]] if "class_list" in files else []).names
    return draw(parquet.read(files["confusions"], Confusions), names, f"{title} on {subject}")


def draw(confusions: pl.DataFrame, names: Sequence[str], title: str) -> Figure:
    """Draw the most confused pairs of classes.

    Args:
        confusions: `Confusions`.
        names: the class names by class id.
        title: the model and the images that the confusions are of.
    """
    # By the ids too, in ascending order, as pairs with equal counts and scores need an order.
    pairs = confusions.filter(pl.col("images") > 0).sort(
        "images", "mean_score", "class_id", "confused_with", descending=[True, True, False, False]
    )
    # Bars are drawn from the bottom up.
    shown = pairs.head(_PAIRS).reverse()
    drawn = Figure(figsize=(7, 1.2 + ROW_HEIGHT * max(len(shown), 2)), layout="constrained")
    drawn.suptitle(f"{title}: the {len(shown)} most confused of {len(pairs)} confused pairs")
    ax = drawn.subplots()
    labels = [f"{names[row['class_id']]} → {names[row['confused_with']]}" for row in shown.iter_rows(named=True)]
    ax.barh(range(len(shown)), shown["images"].to_list(), color="#4878a8")
    ax.set_yticks(range(len(shown)), labels)
    ax.set_xlabel("images")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.spines[["top", "right"]].set_visible(False)
    return drawn
