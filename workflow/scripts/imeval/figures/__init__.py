"""The figures, each found by the name of its module.

The module of a figure has four parts:

* a docstring whose first line names what is drawn, such as "Figure 3: ...",
* the constant `SOURCES`, an `imeval.figures.sources.Sources` with the results that it is drawn from,
* the dataclass `Settings`, the keys under `figures.<name>` in the configuration,
* `figure(context, settings)`, which returns an `imeval.figures.drawing.Drawn`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imeval.figures.context import Context
    from imeval.figures.drawing import Drawn


def module_name(figure: str) -> str:
    """Return a figure's module in dotted form below imeval."""
    return f"figures.{figure}"


def draw(figure: str, context: "Context", **settings: Any) -> "Drawn":
    """Draw a figure by its name.

    Args:
        figure: the name of its module.
        context: what it is drawn from.
        settings: the keys under `figures.<name>`.
    """
    module = import_module(f"imeval.{module_name(figure)}")
    drawn: Drawn = module.figure(context, module.Settings(**settings))
    return drawn
