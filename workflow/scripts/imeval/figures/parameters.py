"""Accuracy against the number of parameters."""

from dataclasses import dataclass
from typing import Literal

from imeval.figures import series
from imeval.figures.context import Context
from imeval.figures.drawing import Drawn, figure_of, set_title
from imeval.figures.sources import OfTable, Sources

SOURCES = Sources(files=("metrics",), rows="sized")


@dataclass(frozen=True)
class Settings(OfTable):
    """The keys of the figure of parameters."""

    labels: Literal["regt", "imgt"] = "regt"
    """The labels under which models are correct: the label set, or the original labels."""


def figure(context: Context, settings: Settings) -> Drawn:
    """Draw each model's best accuracy over its parameters."""
    rows = context.best_rows
    sizes = [float(context.models[model].parameters or 0) for model, _ in rows]
    points = series.against(context, rows, settings.labels, sizes).rename({"fact": "parameters"})
    labels = context.label_titles[settings.labels]
    title = f"Accuracy under {labels} by number of parameters: {context.subject}"
    drawn = figure_of(2 + series.height(points["title"].to_list()))
    set_title(drawn, title)
    ax = drawn.subplots()
    series.scatter(drawn, ax, points, "parameters")
    ax.set_xlabel("parameters in billions")
    ax.set_ylabel("accuracy in %")
    return Drawn(drawn, title, f"{title}. {series.in_words(points, 'parameters', 'billion parameters')}", points)
