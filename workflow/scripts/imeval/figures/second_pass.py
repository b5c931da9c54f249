"""What Figures 5 and 7 share."""

from collections.abc import Iterable

from imeval.base.errors import mistake
from imeval.base.suggestions import did_you_mean
from imeval.figures.context import Context

TITLES = {
    "preferred": "model preferred",
    "combined": "both combined",
    "preserved": "labels preserved",
    "other": "other changes",
}
"""The title of each outcome that counts."""


def chosen_source(figure: str, context: Context, sources: Iterable[str], wanted: str | None) -> str:
    """Return the model whose proposals a figure is of.

    Raises:
        UserError: people saw no proposals of the wanted one.
    """
    found = set(sources)
    known = [name for name in context.models if name in found] or list(context.models)
    if wanted is not None and wanted not in known:
        expected = "a model whose proposals people saw"
        raise mistake(f"figures.{figure}", "source", expected, f"'{wanted}'", did_you_mean(wanted, known))
    return wanted or known[0]
