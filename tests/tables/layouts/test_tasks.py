from dataclasses import replace

import pytest
from imeval import tables
from made_tables import SOCRATIC, context, headings, numbers


def test_table_4_lists_each_mllms_tasks_under_its_name_written_once() -> None:
    table = tables.build("tasks", context())
    (block,) = table.blocks
    assert [row.cells[:2] for row in block.rows] == [("Socratic", "OW"), ("", "CW+"), ("", "CW")]
    assert {row.title for row in block.rows} == {"Socratic"}


def test_table_4_compares_every_column_with_the_closed_world() -> None:
    table = tables.build("tasks", context())
    assert [number.delta for number in numbers(table, "socratic", "ow")[:4]] == [
        pytest.approx(10.0), pytest.approx(15.0), pytest.approx(100 * 3 / 19), pytest.approx(100 * 3 / 13),
    ]  # fmt: skip
    assert {number.delta for number in numbers(table, "socratic", "cw")} == {None}


def test_table_4_marks_a_models_best_task_in_each_column() -> None:
    table = tables.build("tasks", context())
    best = {task: [number.best for number in numbers(table, "socratic", task)[:2]] for task in SOCRATIC.tasks}
    assert best == {"ow": [False, True], "cw_plus": [True, False], "cw": [False, False]}
    assert {number.rank for number in numbers(table, "socratic", "ow")} == {None}


def test_a_model_without_the_closed_world_is_compared_with_nothing() -> None:
    table = tables.build("tasks", context(models=(replace(SOCRATIC, tasks=("ow",)),)))
    assert {(number.delta, number.best) for number in numbers(table, "socratic", "ow")} == {(None, False)}


def test_without_other_labels_table_4_has_the_original_ones_alone() -> None:
    table = tables.build("tasks", context(relabelled=False))
    assert headings(table) == ["Model", "Task", "ImGT A 20"]
    assert "on the demo's 20 photographs, under the original labels (ImGT). Small figures" in table.caption
