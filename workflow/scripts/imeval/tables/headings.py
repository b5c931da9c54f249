"""Headings of columns, one for each label category."""

from collections.abc import Sequence

from imeval.tables.cells import Column
from imeval.tables.context import Context
from imeval.tables.results import ACCURACY, Slot


def symbol(category: str) -> str:
    """Return a category as it is printed: S⁺ for S+."""
    return category.replace("+", "⁺").replace("-", "⁻")


def category_column(category: str, context: Context, group: str = "") -> Column:
    """Return the heading of a category."""
    return Column(symbol(category), group, str(context.counts[category]), numeric=True)


def accuracy_columns(context: Context, slots: Sequence[Slot] = ACCURACY) -> list[Column]:
    """Return headings of accuracies, grouped by label set."""
    return [category_column(slot.category, context, context.label_titles[slot.labels]) for slot in slots]
