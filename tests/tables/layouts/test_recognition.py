from dataclasses import replace

import polars as pl
import pytest
from imeval import tables
from imeval.base.errors import UserError
from imeval.scoring.contract import Ranks
from imeval.tables.cells import Block, Table
from imeval.tables.context import ModelRow
from imeval.tables.rendering import to_html
from made_tables import LITE0, MEASURED, SOCRATIC, context, headings, measured, numbers, row


def test_table_3_has_the_papers_columns_with_the_images_of_this_run() -> None:
    assert headings(tables.build("recognition", context())) == [
        "Model", "Task", "ImGT A 20", "demo ReGT A 20", "demo ReGT A∖N 19", "demo ReGT S 13", "demo ReGT S⁺ 10",
        "demo ReGT S⁻ 3", "demo ReGT M 6", "demo ReGT M⁺ 4", "demo ReGT M⁻ 2", "Im ∩ Re",
    ]  # fmt: skip


def test_table_3_lists_mllms_then_vlms_then_supervised_models_each_as_configured() -> None:
    table = tables.build("recognition", context())
    listed = [(block.title, [row.title for row in block.rows]) for block in table.blocks]
    assert listed == [("MLLMs", ["Socratic"]), ("VLMs", ["ConSE"]), ("Supervised models", ["Lite0", "Lite2"])]


def test_a_group_without_a_model_has_no_block() -> None:
    table = tables.build("recognition", context(models=(LITE0,)))
    assert [block.title for block in table.blocks] == ["Supervised models"]


@pytest.mark.parametrize(("best_task_by", "task", "title"), [("regt", "ow", "OW†"), ("imgt", "cw_plus", "CW+†")])
def test_table_3_shows_an_mllms_best_task_and_marks_it(best_task_by: str, task: str, title: str) -> None:
    table = tables.build("recognition", context(best_task_by=best_task_by))
    assert row(table, "socratic", task).cells[:2] == ("Socratic", title)
    assert row(table, "conse", "cw").cells[:2] == ("ConSE", "CW")
    labels = {"regt": "demo ReGT", "imgt": "ImGT"}[best_task_by]
    assert table.notes == (f"† Of the model's tasks, the one of the highest accuracy over A under {labels}.",)


def test_of_equally_good_tasks_table_3_shows_the_first() -> None:
    equal = [measured("socratic", task, imgt=5, regt=5) for task in ("ow", "cw_plus", "cw")]
    table = tables.build("recognition", context(*equal, models=(SOCRATIC,)))
    assert table.blocks[0].rows[0].task == "ow"


def test_a_task_whose_every_request_failed_is_not_the_best() -> None:
    failed = measured("socratic", "ow", imgt=0, regt=0, outcomes=("error",) * 20)
    others = [measured("socratic", task, imgt=0, regt=0) for task in ("cw_plus", "cw")]
    table = tables.build("recognition", context(failed, *others, models=(SOCRATIC,)))
    assert table.blocks[0].rows[0].task == "cw_plus"


def test_table_3_ranks_densely_over_all_models_and_marks_the_best() -> None:
    table = tables.build("recognition", context())
    regt = {model: numbers(table, model, task)[1] for model, task in (("socratic", "ow"), ("conse", "cw"))}
    assert (regt["socratic"].rank, regt["conse"].rank) == (3, 2)
    tied = [numbers(table, model, "cw")[1] for model in ("lite0", "lite2")]
    assert [(number.rank, number.best) for number in tied] == [(1, True), (1, True)]
    assert numbers(table, "lite0", "cw")[0].rank == 2


def test_table_3_does_not_rank_the_overlap() -> None:
    overlap = numbers(tables.build("recognition", context()), "lite2", "cw")[-1]
    assert (overlap.value, overlap.rank, overlap.best) == (pytest.approx(55.0), None, False)


def test_table_3_gives_the_change_from_imgt_to_regt_over_all_images_alone() -> None:
    imgt, regt, *others = numbers(tables.build("recognition", context()), "socratic", "ow")
    assert (imgt.value, regt.value, regt.delta) == (30.0, 40.0, 10.0)
    assert {number.delta for number in (imgt, *others)} == {None}


def test_a_number_keeps_its_images_and_interval_in_percent() -> None:
    regt = numbers(tables.build("recognition", context()), "conse", "cw")[1]
    assert (regt.n, regt.n_hit, regt.value) == (20, 10, 50.0)
    assert (regt.ci_low, regt.ci_high) == (pytest.approx(29.9298, abs=1e-4), pytest.approx(70.0702, abs=1e-4))


@pytest.mark.parametrize(
    ("errors", "treated"), [("exclude", "left out of its percentages"), ("wrong", "counted as not correct")]
)
def test_failed_requests_and_empty_answers_are_counted_for_each_model(errors: str, treated: str) -> None:
    table = tables.build(
        "recognition",
        context(measured("lite0", "cw", 1, 1, outcomes=("error", "error", "empty")), models=(LITE0,), errors=errors),
    )
    assert table.notes == (f"Lite0, CW: 2 of 20 requests failed ({treated}); of 18 answers 1 empty (no class).",)


def test_a_model_without_metrics_is_named() -> None:
    with pytest.raises(UserError, match="expected a row for lite2/cw/accuracy/imgt/A, found none"):
        tables.build("recognition", context(*MEASURED[:-1]))


def test_table_3_keeps_the_interval_of_a_rank_with_the_number_it_is_of() -> None:
    ranks = pl.DataFrame([("lite2", "cw", "regt", "A", 1, 2)], schema=Ranks.create_empty().schema, orient="row")
    imgt, regt, *_ = numbers(tables.build("recognition", context(ranks=ranks)), "lite2", "cw")
    assert (regt.rank_low, regt.rank_high) == (1, 2)
    assert (imgt.rank_low, imgt.rank_high) == (None, None)


def test_table_3_leaves_out_the_original_labels_which_are_no_model() -> None:
    labels = ModelRow("imgt", "ImGT", "labels", ("cw",))
    table = tables.build("recognition", context(*MEASURED, measured("imgt", "cw", 20, 15), models=(LITE0, labels)))
    assert [row.title for block in table.blocks for row in block.rows] == ["Lite0"]


def test_an_empty_value_has_no_interval_of_a_rank() -> None:
    rows = [("lite0", "cw", "regt", category, 1, 1) for category in ("S+", "S-")]
    ranks = pl.DataFrame(rows, schema=Ranks.create_empty().schema, orient="row")
    only_s_plus = measured("lite0", "cw", imgt=6, regt=6, categories=10)
    table = tables.build("recognition", context(only_s_plus, models=(LITE0,), ranks=ranks))
    found = {number.category: number for number in numbers(table, "lite0", "cw") if number.metric == "accuracy"}
    assert (found["S+"].value, found["S+"].rank_low, found["S+"].rank_high) == (60.0, 1, 1)
    assert (found["S-"].value, found["S-"].rank_low, found["S-"].rank_high) == (None, None, None)
    assert "–" in to_html(table)
    assert "interval of the rank" not in to_html(replace(table, blocks=(_of_category(table, "S-"),)))


def _of_category(table: Table, category: str) -> Block:
    row = table.blocks[0].rows[0]
    cells = tuple(cell for cell in row.cells if isinstance(cell, str) or cell.category == category)
    return Block("", (replace(row, cells=cells),))


def test_without_other_labels_table_3_has_the_original_ones_alone() -> None:
    table = tables.build("recognition", context(relabelled=False, label_set="the original labels"))
    assert headings(table) == ["Model", "Task", "ImGT A 20"]
    assert [number.value for number in numbers(table, "lite2", "cw")] == [70.0]
    assert table.caption == (
        "Accuracy in % on the demo's 20 photographs, under the original labels (ImGT). "
        "In parentheses: the dense rank in the column; bold: rank 1."
    )
    assert table.notes == ("† Of the model's tasks, the one of the highest accuracy over A under ImGT.",)
