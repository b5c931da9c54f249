from dataclasses import replace

import pytest
from imeval import tables
from made_tables import SOCRATIC, context, headings, measured, numbers


def test_table_5_gives_the_out_of_prompt_rate_of_the_closed_world_in_every_category() -> None:
    table = tables.build("out_of_prompt", context())
    assert [row.title for block in table.blocks for row in block.rows] == ["Socratic"]
    rates = {number.category: number.value for number in numbers(table, "socratic", "cw")}
    assert rates == {
        "A": 15.0, "S": 0.0, "S+": 0.0, "S-": 0.0, "M": pytest.approx(100 / 3), "M+": 0.0, "M-": 100.0, "N": 100.0,
    }  # fmt: skip


def test_table_5_gives_the_rate_as_written_where_it_differs() -> None:
    differs = measured("socratic", "cw", imgt=1, regt=1, oop=1, as_written=3)
    (block,) = tables.build("out_of_prompt", context(differs, models=(SOCRATIC,))).blocks
    assert [(row.cells[:2], row.cells[2].value, row.cells[2].n_oop) for row in block.rows] == [
        (("Socratic", "CW"), 5.0, 1),
        (("", "CW, as written"), 15.0, 3),
    ]


def test_table_5_leaves_out_an_mllm_without_the_closed_world() -> None:
    table = tables.build("out_of_prompt", context(models=(replace(SOCRATIC, tasks=("ow",)),)))
    assert table.blocks == ()
    assert table.notes == ("No model of this run belongs here.",)


def test_a_category_without_an_image_has_no_value_and_a_note() -> None:
    counts = {"A": 19, "S": 13, "S+": 10, "S-": 3, "M": 6, "M+": 4, "M-": 2, "N": 0}
    table = tables.build(
        "out_of_prompt", context(measured("socratic", "cw", 1, 1, categories=19), models=(SOCRATIC,), counts=counts)
    )
    assert numbers(table, "socratic", "cw")[-1].value is None
    assert table.notes == ("No image falls into N.",)


def test_without_other_labels_table_5_has_all_images_alone() -> None:
    table = tables.build("out_of_prompt", context(relabelled=False))
    assert headings(table) == ["Model", "Task", "A 20"]
    assert "that are no class name of the prompt, in %. As written" in table.caption
