from dataclasses import replace

import polars as pl
import pytest
from imeval import tables
from imeval.base.errors import UserError
from imeval.scoring import metrics
from imeval.scoring.contract import Scores
from imeval.tables import Number

COUNTS = {"S+": 10, "S-": 3, "M+": 4, "M-": 2, "N": 1}
IMAGES = [category for category, count in COUNTS.items() for _ in range(count)]

SOCRATIC = tables.ModelRow("socratic", "Socratic", "mllm", ("ow", "cw_plus", "cw"), "Lite2", "SmolLM2 135M")
CONSE = tables.ModelRow("conse", "ConSE", "vlm", ("cw",))
LITE0 = tables.ModelRow("lite0", "Lite0", "supervised", ("cw",))
LITE2 = tables.ModelRow("lite2", "Lite2", "supervised", ("cw",))


def measured(
    model: str, task: str, imgt: int, regt: int, oop: int = 0, outcomes: tuple[str, ...] = (), categories: int = 20
) -> pl.DataFrame:
    """Measure a model that is correct on the first `imgt` and `regt` images; outcomes and OOP go to the last ones."""
    images = IMAGES[:categories]
    unanswered = [""] * (len(images) - len(outcomes)) + list(outcomes)
    rows = [
        (str(place), 0, category, outcome or "answered", place < imgt, place < regt, place >= len(images) - oop)
        for place, (category, outcome) in enumerate(zip(images, unanswered, strict=True))
    ]
    scores = pl.DataFrame(rows, schema=Scores.create_empty().schema, orient="row")
    return metrics.measure(scores, model, task, "exclude", 0.95)


MEASURED = [
    measured("socratic", "ow", imgt=6, regt=8),
    measured("socratic", "cw_plus", imgt=7, regt=7),
    measured("socratic", "cw", imgt=4, regt=5, oop=3),
    measured("conse", "cw", imgt=9, regt=10),
    measured("lite0", "cw", imgt=12, regt=11),
    measured("lite2", "cw", imgt=14, regt=11),
]


def context(*frames: pl.DataFrame, **changes: object) -> tables.Context:
    base = tables.Context(
        name="table3",
        title="Accuracy",
        image_set="the demo's 20 photographs",
        label_set="demo ReGT",
        models=(LITE0, SOCRATIC, CONSE, LITE2),
        task_titles={"ow": "OW", "cw_plus": "CW+", "cw": "CW"},
        equivalent="plus",
        best_task_by="regt",
        errors="exclude",
        confidence=0.95,
        counts={"A": 20, "S": 13, "S+": 10, "S-": 3, "M": 6, "M+": 4, "M-": 2, "N": 1},
        metrics=pl.concat(frames or MEASURED),
    )
    return replace(base, **changes)


def row(table: tables.Table, model: str, task: str) -> tables.Row:
    (found,) = [row for block in table.blocks for row in block.rows if (row.model, row.task) == (model, task)]
    return found


def numbers(table: tables.Table, model: str, task: str) -> list[Number]:
    return [cell for cell in row(table, model, task).cells if isinstance(cell, Number)]


def headings(table: tables.Table) -> list[str]:
    return [f"{column.group} {column.title} {column.subscript}".strip() for column in table.columns]


def test_table_3_has_the_papers_columns_with_the_images_of_this_run() -> None:
    assert headings(tables.build("recognition", context())) == [
        "Model", "Task", "ImGT A 20", "demo ReGT A 20", "demo ReGT S 13", "demo ReGT S⁺ 10", "demo ReGT S⁻ 3",
        "demo ReGT M 6", "demo ReGT M⁺ 4", "demo ReGT M⁻ 2", "Im ∩ Re",
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


def test_table_4_lists_each_mllms_tasks_under_its_name_written_once() -> None:
    table = tables.build("tasks", context())
    (block,) = table.blocks
    assert [row.cells[:2] for row in block.rows] == [("Socratic", "OW"), ("", "CW+"), ("", "CW")]
    assert {row.title for row in block.rows} == {"Socratic"}


def test_table_4_compares_every_column_with_the_closed_world() -> None:
    table = tables.build("tasks", context())
    assert [number.delta for number in numbers(table, "socratic", "ow")[:3]] == [
        pytest.approx(10.0), pytest.approx(15.0), pytest.approx(100 * 3 / 13),
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


def test_table_5_gives_the_out_of_prompt_rate_of_the_closed_world_in_every_category() -> None:
    table = tables.build("out_of_prompt", context())
    assert [row.title for block in table.blocks for row in block.rows] == ["Socratic"]
    rates = {number.category: number.value for number in numbers(table, "socratic", "cw")}
    assert rates == {
        "A": 15.0, "S": 0.0, "S+": 0.0, "S-": 0.0, "M": pytest.approx(100 / 3), "M+": 0.0, "M-": 100.0, "N": 100.0,
    }  # fmt: skip


def test_table_5_leaves_out_an_mllm_without_the_closed_world() -> None:
    table = tables.build("out_of_prompt", context(models=(replace(SOCRATIC, tasks=("ow",)),)))
    assert table.blocks == ()
    assert table.notes == ("No model of this run belongs here.",)


def test_table_2_counts_images_and_their_share() -> None:
    images, percent = tables.build("category_counts", context()).blocks[0].rows
    assert [cell.value for cell in images.cells[1:]] == [20, 13, 10, 3, 6, 4, 2, 1]
    assert [cell.value for cell in percent.cells[1:]] == [100, 65, 50, 15, 30, 20, 10, 5]


@pytest.mark.parametrize(
    ("equivalent", "sentence"),
    [
        ("none", "equivalent classes stay apart"),
        ("plus", "where a label in Lᵢ is equivalent to gtᵢ."),
        ("merge", "counts labels equivalent to each other as one"),
    ],
)
def test_table_1_says_what_equivalent_classes_do_to_the_categories(equivalent: str, sentence: str) -> None:
    table = tables.build("categories", context(equivalent=equivalent))
    assert sentence in table.notes[0]
    assert [row.cells[0] for row in table.blocks[0].rows] == ["A", "N", "S", "M", "S⁺", "S⁻", "M⁺", "M⁻"]


def test_table_7_lists_the_mllms_alone_a_dash_where_a_part_is_not_told() -> None:
    table = tables.build("model_details", context(models=(CONSE, SOCRATIC, replace(SOCRATIC, vision_backbone=""))))
    assert [row.cells for row in table.blocks[0].rows] == [
        ("Socratic", "Lite2", "SmolLM2 135M"),
        ("Socratic", "–", "SmolLM2 135M"),
    ]


@pytest.mark.parametrize("layout", ["category_counts", "recognition", "tasks", "out_of_prompt"])
def test_every_table_of_numbers_names_its_images_and_labels(layout: str) -> None:
    caption = tables.build(layout, context()).caption
    assert "the demo's 20 photographs" in caption
    assert "demo ReGT" in caption


@pytest.mark.parametrize(
    ("errors", "treated"), [("exclude", "left out of its percentages"), ("wrong", "counted as not correct")]
)
def test_failed_requests_and_empty_answers_are_told_of_each_model(errors: str, treated: str) -> None:
    table = tables.build(
        "recognition",
        context(measured("lite0", "cw", 1, 1, outcomes=("error", "error", "empty")), models=(LITE0,), errors=errors),
    )
    assert table.notes == (
        f"Lite0, CW: 2 of 20 requests failed ({treated}); 1 of 20 answers were empty or refused (no class).",
    )


def test_a_category_without_an_image_has_no_value_and_a_note() -> None:
    counts = {"A": 19, "S": 13, "S+": 10, "S-": 3, "M": 6, "M+": 4, "M-": 2, "N": 0}
    table = tables.build(
        "out_of_prompt", context(measured("socratic", "cw", 1, 1, categories=19), models=(SOCRATIC,), counts=counts)
    )
    assert numbers(table, "socratic", "cw")[-1].value is None
    assert table.notes == ("No image falls into N.",)


@pytest.mark.parametrize(
    "layout",
    [
        *("categories", "category_counts", "recognition", "tasks", "out_of_prompt", "model_details"),
        *("multiple_choice", "variants", "orders", "encoders", "comparisons"),
    ],
)
def test_every_table_says_how_many_images_were_left_out(layout: str) -> None:
    table = tables.build(layout, context(left_out=3))
    assert "Left out of the demo's 20 photographs, as their pictures are broken: 3." in table.notes
    assert table.image_set == "the demo's 20 photographs, without 3 broken"
    whole = tables.build(layout, context())
    assert not [note for note in whole.notes if "Left out" in note]
    assert whole.image_set == "the demo's 20 photographs"


def test_an_unknown_layout_is_refused_with_the_nearest_known_one() -> None:
    with pytest.raises(UserError, match=r"table3: layout: expected a known layout, found 'recognitoin'.*'recognition'"):
        tables.build("recognitoin", context())


def test_a_model_without_metrics_is_named() -> None:
    with pytest.raises(UserError, match="expected a row for lite2/cw/accuracy/imgt/A, found none"):
        tables.build("recognition", context(*MEASURED[:-1]))


def test_a_value_over_several_runs_has_half_its_interval_behind_it_and_a_note() -> None:
    runs = measured_runs("cw", [10, 12, 14])
    table = tables.build("variants", context(runs, models=(replace(SOCRATIC, tasks=("cw",)),), repeated=("cw",)))
    accuracy = numbers(table, "socratic", "cw")[0]
    assert (accuracy.value, accuracy.runs) == (pytest.approx(60), 3)
    assert accuracy.half_width == pytest.approx(4.3027 * 10 / 3**0.5, abs=1e-3)
    assert table.notes == ("Socratic: means over 3 runs in CW.",)


def test_one_run_of_a_repeated_task_says_that_it_is_enough() -> None:
    models = (replace(SOCRATIC, tasks=("cw",)),)
    table = tables.build("variants", context(measured("socratic", "cw", 5, 5), models=models, repeated=("cw",)))
    assert table.notes == ("Socratic: one run of CW, as its decoding is deterministic.",)
    assert numbers(table, "socratic", "cw")[0].half_width is None


def measured_runs(task: str, correct: list[int]) -> pl.DataFrame:
    rows = [
        (str(place), run, category, "answered", place < hits, place < hits, False)
        for run, hits in enumerate(correct)
        for place, category in enumerate(IMAGES)
    ]
    scores = pl.DataFrame(rows, schema=Scores.create_empty().schema, orient="row")
    return metrics.measure(scores, "socratic", task, "exclude", 0.95)


def test_the_best_text_encoder_is_marked_and_compared_with_the_configured_one() -> None:
    tasks = ("ow.sbert-none", "ow.sbert-simple")
    models = (replace(SOCRATIC, tasks=tasks, space="sbert-none"),)
    titles = dict.fromkeys(tasks, "MiniLM")
    frames = [measured("socratic", task, imgt=hits, regt=hits) for task, hits in zip(tasks, (5, 8), strict=True)]
    table = tables.build("encoders", context(*frames, models=models, task_titles=titles))
    assert [row.cells[:3] for row in table.blocks[0].rows] == [("Socratic", "MiniLM", ""), ("", "MiniLM", "+T")]
    assert [numbers(table, "socratic", task)[1].best for task in tasks] == [False, True]
    assert table.notes == ("Socratic: the best text encoder is sbert-simple; its other tables use sbert-none.",)
