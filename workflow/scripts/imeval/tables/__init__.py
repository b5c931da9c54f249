"""The paper's tables, built from metrics and plain values; `rendering` writes them as .tex, .html and .csv."""

from collections.abc import Callable, Mapping

from imeval.base.errors import did_you_mean, mistake
from imeval.tables import mustelidae, out_of_prompt, pairs, protocols, recognition
from imeval.tables.parts import Block, Cell, Column, Context, ModelRow, Number, Row, Table

__all__ = ["LAYOUTS", "Block", "Cell", "Column", "Context", "ModelRow", "Number", "Row", "Table", "build"]

LAYOUTS: Mapping[str, Callable[[Context], Table]] = {
    "categories": recognition.categories,
    "category_counts": recognition.category_counts,
    "recognition": recognition.recognition,
    "tasks": recognition.tasks,
    "out_of_prompt": recognition.out_of_prompt,
    "model_details": recognition.model_details,
    "multiple_choice": protocols.multiple_choice,
    "variants": protocols.variants,
    "orders": protocols.orders,
    "positions": protocols.positions,
    "encoders": protocols.encoders,
    "oop_mapping": out_of_prompt.oop_mapping,
    "oop_types": out_of_prompt.oop_types,
    "expert_labels": mustelidae.expert_labels,
    "comparisons": pairs.comparisons,
    "class_recall": mustelidae.class_recall,
}


def build(layout: str, context: Context) -> Table:
    """Build the table of a layout.

    Raises:
        UserError: no such layout, or no metrics of a model and task that it prints.
    """
    if layout not in LAYOUTS:
        raise mistake(context.name, "layout", "a known layout", f"'{layout}'", did_you_mean(layout, LAYOUTS))
    return LAYOUTS[layout](context)
