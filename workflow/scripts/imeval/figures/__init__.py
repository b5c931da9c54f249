"""The figures, each found by the name of its module.

The module of a figure has three parts:

* a docstring that names the paper's figure,
* the constant `SOURCES`, an `imeval.figures.sources.Sources` with the results that it is drawn from,
* `figure(files, titles, subject)`, which returns a figure of matplotlib.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def module_name(figure: str) -> str:
    """Return a figure's module in dotted form below imeval."""
    return f"figures.{figure}"


def draw(figure: str, files: Mapping[str, str], titles: Mapping[str, str], subject: str) -> "Figure":
    """Draw a figure by its name.

    Args:
        figure: the name of its module.
        files: the results that it is drawn from, by the name of their source.
        titles: the titles of the models that are drawn, by id, in their order.
        subject: the images that the numbers are of.
    """
    drawn: Figure = import_module(f"imeval.{module_name(figure)}").figure(files, titles, subject)
    return drawn
