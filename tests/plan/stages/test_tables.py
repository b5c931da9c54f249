import pytest
from imeval.base.errors import UserError

from ..conftest import HERE
from .jobs import job


def test_table3_is_made_from_metrics_ranks_labels_and_index(demo) -> None:
    inputs = demo.tables.inputs(job(table="table3"))
    assert inputs["ranks"] == "results/ranks/table3.parquet"
    assert inputs["labels"] == "results/labels/demo/demo_regt.parquet"
    assert inputs["index"] == "results/images/demo/index.parquet"
    assert inputs["published"] == "config/published/table3.csv"
    assert inputs["breakdowns"] == []
    assert "results/metrics/demo/demo_regt/cw/conse.parquet" in inputs["metrics"]


def test_table3p_lists_the_differences_of_table3(demo) -> None:
    assert demo.tables.inputs(job(table="table3p"))["differences"] == "results/differences/table3.parquet"


def test_table14_measures_the_mapping_where_a_task_maps_anothers_answers(demo) -> None:
    assert demo.tables.inputs(job(table="table14"))["breakdowns"] == [
        "results/breakdowns/mapping/demo/demo_regt/cw_plus/socratic.parquet"
    ]


def test_a_second_image_set_stands_beside_the_first(study_of, paper, tmp_path) -> None:
    file = tmp_path / "experts.json"
    file.write_text("{}")
    label_set = {**paper.config["label_sets"]["mustelidae"], "path": str(file)}
    run = {"models": ["gpt_4o"], "image_set": "imagenet_val_625", "labels": "real"}
    study = study_of({"label_sets": {"mustelidae": label_set}, "run": run})
    inputs = study.tables.inputs(job(table="table9"))
    assert inputs["beside_labels"] == "results/labels/imagenet_val_mustelidae_classes/real.parquet"
    assert all(
        path.startswith("results/breakdowns/recall/imagenet_val_mustelidae_classes/real/")
        for path in inputs["beside_metrics"]
    )


def test_a_table_prints_titles_and_settings(demo) -> None:
    context = demo.tables.context(job(table="table5"))
    assert context["image_set"] == "the demo's 20 photographs"
    assert context["label_set"] == "the demo's ReGT"
    assert context["models"]["socratic"]["space"] == "sbert-simple"
    assert context["models"]["socratic"]["tasks"] == ("cw",)
    assert context["confidence"] == 0.95


def test_a_table_knows_whose_backend_decodes_greedily(study_of, demo, tmp_path) -> None:
    file = tmp_path / "cw.csv"
    file.write_text("image_id,text\n")
    mine = {"title": "Mine", "group": "mllm", "backend": "imported", "tasks": ["cw"], "files": {"cw": str(file)}}
    mine |= {"encoder": "sbert", "templates": "none"}
    names = ["socratic", "here", "gpt_4o", "mine"]
    study = study_of({"models": {"mine": mine, "here": HERE}, "run": {**demo.config["run"], "models": names}})
    models = study.tables.context(job(table="table7"))["models"]
    assert [models[name]["greedy"] for name in names] == [True, True, False, False]


def test_table_7_has_the_parts_of_the_papers_five_mllms(paper) -> None:
    models = paper.tables.context(job(table="table7"))["models"]
    parts = ("vision_backbone", "language_model", "training")
    given = {name: [model.get(part) for part in parts] for name, model in models.items() if model["group"] == "mllm"}
    assert list(given) == ["paligemma2", "llava_onevision", "internvl3_5", "qwen3_vl", "gpt_4o"]
    assert all(all(values) for values in given.values())
    assert given["internvl3_5"] == ["InternViT 6B", "Qwen3 32B", "pre-training, supervised fine-tuning, Cascade RL"]
    assert given["gpt_4o"] == ["undisclosed"] * 3


def test_a_layout_that_no_module_has_is_refused_with_the_nearest(study_of) -> None:
    study = study_of()
    study.config["tables"]["table5"] = {**study.config["tables"]["table5"], "layout": "out_of_promt"}
    with pytest.raises(UserError, match="found 'out_of_promt'; did you mean 'out_of_prompt'"):
        study.tables.facts(job(table="table5"))


def test_a_table_has_its_own_differences_and_intervals_and_prints_changes_as_set(demo, study_of) -> None:
    inputs = demo.tables.inputs(job(table="table4"))
    assert inputs["differences"] == "results/differences/table4.parquet"
    assert inputs["intervals"] == "results/intervals/table4.parquet"
    assert "ranks" not in inputs
    assert "differences" not in demo.tables.inputs(job(table="table5"))
    printed = study_of({"tables": {"table4": {"change_intervals": "printed"}}})
    assert printed.tables.context(job(table="table4"))["settings"] == {"change_intervals": "printed"}


def test_the_papers_numbers_are_switched_off_by_a_setting(study_of) -> None:
    study, table = study_of({"tables": {"table3": {"published": "none"}}}), job(table="table3")
    assert "published" not in study.tables.inputs(table)
    assert study.tables.published_contents(table) == []
    assert study.tables.published_place(table) == "none"


def test_the_papers_numbers_stand_below_ours_unless_another_place_is_set(demo, study_of) -> None:
    assert demo.tables.published_place(job(table="table3")) == "below"
    study = study_of({"tables": {"table3": {"published": "beside"}}})
    assert study.tables.published_place(job(table="table3")) == "beside"


def test_a_users_model_may_have_a_name_of_the_paper_whose_numbers_stand_beside_it(study_of) -> None:
    mine = {"title": "M", "group": "mllm", "backend": "imported", "tasks": ["cw"], "files": {"cw": "a.csv"}}
    study = study_of({"models": {"mine": mine | {"published_as": "gpt_4o"}}, "run": {"models": ["mine", "conse"]}})
    assert study.tables.published_names(job(table="table3")) == {"mine": "gpt_4o"}


def test_a_table_of_image_sets_reads_what_each_is_compared_with_and_names_what_is_not_there(study_of) -> None:
    run = {"image_set": "imagenet_val", "labels": "original", "models": ["conse"]}
    study = study_of({"run": run, "tables": {"table47": {"tasks": ["cw"]}}})
    inputs = study.tables.inputs(job(table="table47"))
    assert {key for key in inputs if key.startswith("metrics_under_")} == {
        f"metrics_under_imagenet_{name}" for name in ("v2", "sketch", "r", "a", "val_r", "val_a")
    }
    assert inputs["metrics_under_imagenet_val_a"] == ["results/metrics/imagenet_val_a/original/cw/conse.parquet"]
    context = study.tables.context(job(table="table47"))
    assert context["compared"] == {
        "imagenet_v2": "", "imagenet_sketch": "", "imagenet_r": "imagenet_val_r", "imagenet_a": "imagenet_val_a"
    }  # fmt: skip
    assert context["not_shown"] == {"ObjectNet": "data/objectnet-1.0/images"}
