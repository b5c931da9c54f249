"""The paper's tables, one module for each layout.

A layout is found by its module's name. A module of the folder `layouts` has three parts:

* a docstring that names the paper's table,
* the constant `LAYOUT`, a `Layout` of `imeval.tables.layout` with the facts that planning needs,
* `build(context)`, which returns the table as a `Table` of `imeval.tables.cells`.

Every start of a run imports this file, so it imports little: the standard library and parts of `base`.
"""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from imeval.base.errors import mistake
from imeval.base.suggestions import did_you_mean

if TYPE_CHECKING:
    from imeval.tables.cells import Table
    from imeval.tables.context import Context


def module_name(layout: str) -> str | None:
    """Return the dotted name of a layout's module."""
    return f"tables.layouts.{layout}" if layout in _names() else None


def build(layout: str, context: "Context") -> "Table":
    """Build the table of a layout.

    Raises:
        UserError: an unknown layout, or no metrics of a model and task that it prints.
    """
    module = module_name(layout)
    if module is None:
        raise mistake(context.name, "layout", "a known layout", f"'{layout}'", did_you_mean(layout, _names()))
    loaded = import_module(f"imeval.{module}")
    if context.slices and not loaded.LAYOUT.sliced:
        # Imported late, as it loads polars.
        from imeval.tables.by_slice import repeated_for_slices

        return repeated_for_slices(context, loaded.build, best_task=loaded.LAYOUT.best_task)
    table: Table = loaded.build(context)
    return table


def _names() -> list[str]:
    # The pattern leaves out __init__.py.
    return [path.stem for path in Path(__file__).with_name("layouts").glob("[a-z]*.py")]
