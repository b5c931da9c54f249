"""The checks of slices and their tables."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from imeval.base.errors import some
from imeval.base.suggestions import did_you_mean
from imeval.labels.attributes import OF_BOXES, OF_LABELS, WITH_BOXES
from imeval.plan import discovery
from imeval.plan.explanations import MissingFile, Problem
from imeval.plan.schema import Config


def slice_problems(config: Config) -> Iterator[Problem]:
    """Yield the mistakes of slices and their tables."""
    for name, slices in config["slices"].items():
        yield from _entry_problems(config, name, slices)
    for name, table in config["tables"].items():
        yield from _table_problems(name, table)


def _entry_problems(config: Config, name: str, slices: Config) -> Iterator[Problem]:
    keys = ("slices", name)
    if "path" in slices and "label_set" in slices:
        yield Problem(keys, "path or label_set", "both", "leave one out")
    elif "path" in slices:
        if not Path(slices["path"]).is_file():
            remedy = "put it there or correct the path"
            yield MissingFile((*keys, "path"), "an existing file", f"no file {slices['path']}", remedy)
    elif slices["column"] not in (*OF_LABELS, *OF_BOXES):
        known = [*OF_LABELS, *OF_BOXES]
        remedy = f"{did_you_mean(slices['column'], known)}, or name the table of yours that has it (path)"
        yield Problem((*keys, "column"), f"one of {', '.join(known)}", f"'{slices['column']}'", remedy)
    elif slices["column"] in OF_BOXES and "label_set" in slices:
        label_set = config["label_sets"].get(slices["label_set"], {})
        if label_set and label_set.get("format") != WITH_BOXES:
            expected = f"a label set of the format {WITH_BOXES}, whose files have boxes"
            yield Problem((*keys, "label_set"), expected, f"'{slices['label_set']}'", "name another")
    edges = slices.get("edges", [])
    if edges and "most" in slices:
        yield Problem(keys, "edges or most", "both", "leave one out")
    if any(low >= high for low, high in pairwise(edges)):
        yield Problem((*keys, "edges"), "numbers in ascending order", some(edges), "sort them")


def _table_problems(name: str, table: Config) -> Iterator[Problem]:
    # The schema refuses layouts that there are not.
    layout, keys = discovery.layouts()[table["layout"]], ("tables", name)
    if layout.sliced and "slices" not in table:
        yield Problem(keys, f"the key 'slices' for the layout {table['layout']}", "none", "name an entry of slices")
    without_accuracies = layout.compares or layout.breakdown or (layout.models == "none" and not layout.sliced)
    if "slices" in table and (without_accuracies or "beside" in table):
        expected = "a table of accuracies of models on one image set"
        yield Problem((*keys, "slices"), expected, f"the layout {table['layout']}", "take another table")
    if layout.side_by_side and "label_sets" not in table:
        expected = f"the key 'label_sets' for the layout {table['layout']}"
        yield Problem(keys, expected, "none", "name the label sets beside the table's own")
