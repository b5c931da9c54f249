from dataclasses import replace

import polars as pl
from imeval import tables
from made_tables import CONSE, LITE0_RELABELLED, differences, measured
from sliced_tables import ONE_LABEL, part, sliced


def test_any_other_table_has_its_rows_again_for_each_slice() -> None:
    table = tables.build("recognition", sliced())
    assert [block.title for block in table.blocks] == [
        "All images; Supervised models",
        "number of labels: 0 (2 images); Supervised models",
        "number of labels: 1 (10 images); Supervised models",
        "number of labels: 2 and more (8 images); Supervised models",
    ]
    assert [block.rows[0].cells[2].value for block in table.blocks] == [60, 50, 80, 37.5]
    assert [block.rows[0].cells[2].slice for block in table.blocks] == ["", "0", "1", "2 and more"]
    assert {column.subscript for column in table.columns} == {""}


def test_a_change_within_a_slice_has_its_interval() -> None:
    change = LITE0_RELABELLED
    found = differences(change | {"difference": 0.1, "ci_low": -0.05, "ci_high": 0.2})
    slices = [part("1", ONE_LABEL, measured("lite0", "cw", imgt=8, regt=9, categories=10), differences=found)]
    table = tables.build("recognition", sliced(slices=slices))
    cells = [cell for cell in table.blocks[1].rows[0].cells if getattr(cell, "delta_low", None) is not None]
    assert [(cell.slice, cell.delta_low, cell.delta_high) for cell in cells] == [("1", -5, 20)]


def test_the_best_task_of_all_images_stands_in_every_slice() -> None:
    two = replace(CONSE, group="mllm", tasks=("ow", "cw"))
    frames = [pl.concat([measured("conse", "ow", 5, 9), measured("conse", "cw", 5, 8)])]
    frames.append(pl.concat([measured("conse", "ow", 0, 1), measured("conse", "cw", 9, 9)]))
    made = sliced(models=(two,), metrics=frames[0], slices=[part("1", ONE_LABEL, frames[1])])
    assert [block.rows[0].task for block in tables.build("recognition", made).blocks] == ["ow", "ow"]
