"""Headings of columns, one for each label category."""

from collections.abc import Sequence

from imeval.labels.contract import MEASURED, WITHOUT_N
from imeval.tables.cells import Column
from imeval.tables.context import Context
from imeval.tables.results import ACCURACY, Slot


def symbol(category: str) -> str:
    """Return a category as it is printed: S⁺ for S+."""
    return "A∖N" if category == WITHOUT_N else category.replace("+", "⁺").replace("-", "⁻")


def category_column(category: str, context: Context, group: str = "") -> Column:
    """Return the heading of a category."""
    images = sum(context.counts[member] for member in MEASURED[category])
    return Column(symbol(category), group, str(images), numeric=True)


def accuracy_slots(context: Context, slots: Sequence[Slot] = ACCURACY) -> list[Slot]:
    """Return the slots of the table's labels.

    If images of N leave every accuracy, that over A is without them already.
    """
    left_out = [WITHOUT_N] if context.no_object == "exclude" else []
    return [slot for slot in slots if slot.labels in context.label_titles and slot.category not in left_out]


def accuracy_columns(context: Context, slots: Sequence[Slot] = ACCURACY) -> list[Column]:
    """Return headings of accuracies, grouped by label set."""
    titles = context.label_titles
    return [category_column(slot.category, context, titles[slot.labels]) for slot in accuracy_slots(context, slots)]


def by_labels(context: Context) -> str:
    """Return a caption's words for the columns of accuracies."""
    if not context.relabelled:
        return "under the original labels (ImGT)"
    return (
        "by the label categories of Table 1 (their images as subscripts), under the original labels (ImGT) and under "
        f"{context.label_set}"
    )
