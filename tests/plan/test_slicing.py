from typing import Any

import pytest
from plan.conftest import mistakes

SLICES = "config/datasets.yaml: slices.mine"
TABLE = "config/tables.yaml: tables.table90"


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"column": "label"}, ".column: expected one of labels, category, boxes, box_area, attribute, crowd, "
         "reflected, rendition, ocr_needed, dominant_object, found 'label'; did you mean 'labels'?, or name the "
         "table of yours that has it (path)"),
        ({"column": "crowd", "label_set": "real"}, ".label_set: expected a label set of the format reimagenet, whose "
         "files have boxes, found 'real'; name another"),
        ({"column": "x", "path": "x.csv", "label_set": "real"}, ": expected path or label_set, found both; leave one "
         "out"),
        ({"column": "labels", "edges": [1, 2], "most": 6}, ": expected edges or most, found both; leave one out"),
        ({"column": "labels", "edges": [2, 1]}, ".edges: expected numbers in ascending order, found 2, 1; sort them"),
        ({"column": "x", "path": "no.csv"}, ".path: expected an existing file, found no file no.csv; put it there or "
         "correct the path"),
        ({"column": "labels", "label_set": "rel"}, ".label_set: expected an entry of label_sets, found 'rel'; did you "
         "mean 'real'?"),
    ],
)  # fmt: skip
def test_a_mistake_in_slices_is_one_sentence(config: dict[str, Any], entry: dict[str, Any], message: str) -> None:
    config["slices"]["mine"] = {"title": "mine"} | entry
    assert mistakes(config) == [f"{SLICES}{message}"]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"layout": "slices"}, ": expected the key 'slices' for the layout slices, found none; name an entry "
         "of slices"),
        ({"layout": "label_sets"}, ": expected the key 'label_sets' for the layout label_sets, found none; name the "
         "label sets beside the table's own"),
        ({"layout": "oop_types", "slices": "attribute"}, ".slices: expected a table of accuracies of models on one "
         "image set, found the layout oop_types; take another table"),
        ({"layout": "slices", "slices": "atribute"}, ".slices: expected an entry of slices, found 'atribute'; did you "
         "mean 'attribute'?"),
    ],
)  # fmt: skip
def test_a_table_that_slices_cannot_fill_is_one_sentence(
    config: dict[str, Any], entry: dict[str, Any], message: str
) -> None:
    config["tables"]["table90"] = {"title": "mine", "tasks": ["cw"]} | entry
    assert mistakes(config) == [f"{TABLE}{message}"]
