import pytest
from imeval.base.errors import UserError

from .jobs import job


def test_the_rows_of_a_table_are_measured_in_its_order(demo) -> None:
    assert demo.scoring.rows(job(table="table5")) == [["socratic", "cw"]]
    assert demo.scoring.metrics(job(table="table5")) == ["results/metrics/demo/demo_regt/cw/socratic.parquet"]
    assert demo.scoring.scores(job(table="table5")) == ["results/scores/demo/demo_regt/cw/socratic.parquet"]
    assert demo.scoring.labels(job(table="table5")) == "results/labels/demo/demo_regt.parquet"


def test_samples_are_of_every_model_and_task_of_the_run_but_questions(demo) -> None:
    rows = demo.scoring.sampled(job())
    assert rows[0] == ["conse", "cw"]
    assert rows[-3:] == [["socratic", "cw"], ["socratic", "cw_plus"], ["socratic", "ow"]]
    assert demo.scoring.sampled_predictions(job())[-1] == "results/predictions/demo/ow/socratic.parquet"
    assert demo.scoring.sampled_scores(job())[-1] == "results/scores/demo/demo_regt/ow/socratic.parquet"
    assert demo.scoring.labels_of_run(job()) == "results/labels/demo/demo_regt.parquet"
    assert demo.scoring.renamed_classes_of_run(job()) == {}


def test_only_a_layout_of_best_tasks_picks_them(demo) -> None:
    assert demo.scoring.shows_best_tasks(job(table="table3"))
    assert not demo.scoring.shows_best_tasks(job(table="table4"))


def test_bootstrap_intervals_redraw_images_or_their_classes(demo, study_of) -> None:
    assert demo.scoring.sampling == {"unit": "image", "resamples": 10000, "seed": 0}
    assert study_of({"scoring": {"resample": "class"}}).scoring.sampling["unit"] == "class"
    assert demo.scoring.label_set(job(table="table3")) == "demo_regt"


def test_a_mapping_is_measured_against_the_task_whose_answers_it_takes(demo) -> None:
    names = {"image_set": "demo", "labels": "real", "model": "socratic"}
    assert demo.scoring.unmapped_scores(job(task="cw_plus", **names)) == (
        "results/scores/demo/real/cw/socratic.parquet"
    )


def test_positions_are_those_of_the_tables_last_task(paper) -> None:
    inputs = paper.scoring.position_inputs(job(table="table12", task="cw.batch_1", model="gpt_4o"))
    assert inputs["scores"].endswith("/cw.batch_1/gpt_4o.parquet")
    assert all("/cw.batch_10/gpt_4o/" in path for path in inputs["responses"])


def test_class_ids_have_no_position(study_of, tmp_path) -> None:
    file = tmp_path / "predictions.csv"
    file.write_text("image_id,class_id\na,1\n")
    tasks = ("cw.batch_1", "cw.batch_5", "cw.batch_10")
    mine = {
        "title": "M",
        "group": "mllm",
        "backend": "imported",
        "tasks": ["cw"],
        "files": dict.fromkeys(tasks, str(file)),
    }
    study = study_of({"models": {"mine": mine}, "run": {"models": ["mine"]}})
    with pytest.raises(UserError, match=r"models\.mine: files: expected files with the columns text and position"):
        study.scoring.position_inputs(job(table="table12", task="cw.batch_1", model="mine"))


def test_rows_are_compared_on_the_second_image_set_of_a_table_too(study_of) -> None:
    beside = {"image_set": "demo", "labels": "demo_regt"}
    study = study_of({"tables": {"table8": {"image_set": "demo", "labels": "real", "beside": beside}}})
    files = study.scoring.compared(job(table="table8"))
    assert files["scores"][0] == "results/scores/demo/real/cw/socratic.parquet"
    assert files["scores_beside"][0] == "results/scores/demo/demo_regt/cw/socratic.parquet"
    assert len(files["scores_beside"]) == len(files["scores"])
    assert files["labels_beside"] == "results/labels/demo/demo_regt.parquet"
    assert study.scoring.label_set_beside(job(table="table8")) == "demo_regt"
    assert study.scoring.label_set_beside(job(table="table3")) == ""
    assert "results/differences/table8.parquet" in study.tables.inputs(job(table="table8"))["differences"]


def test_rows_are_compared_under_other_label_sets_and_at_positions_if_the_table_names_them(
    demo, paper, study_of
) -> None:
    assert demo.scoring.compared(job(table="table5")) == {
        "scores": ["results/scores/demo/demo_regt/cw/socratic.parquet"]
    }
    study = study_of({"tables": {"table5": {"label_sets": ["real"]}}})
    assert study.scoring.other_label_sets(job(table="table5")) == ["real"]
    assert study.scoring.compared(job(table="table5"))["scores_under_real"] == [
        "results/scores/demo/real/cw/socratic.parquet"
    ]
    placed = paper.scoring.compared(job(table="table12"))
    models = paper.entries.table_plan("table12").models
    assert placed.keys() == {"scores", *(f"responses_{place}" for place in range(len(models)))}
    assert all(f"/cw.batch_10/{models[0]}/" in path for path in placed["responses_0"])
