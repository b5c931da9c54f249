from imeval.plan import discovery
from projects import ROOT

from .jobs import job

THERE = {"clean_list": {"path": str(ROOT / "config/labels/demo_regt.csv")}}
"""A file of the project in place of released labels."""


def test_a_claim_reads_the_scores_and_labels_of_the_tables_that_it_needs(demo) -> None:
    inputs = demo.claims.inputs(job())
    assert inputs["labels"] == ["results/labels/demo/demo_regt.parquet"]
    assert "results/scores/demo/demo_regt/cw_plus/socratic.parquet" in inputs["scores"]
    assert "results/scores/demo/demo_regt/ow.sbert-simple/socratic.parquet" in inputs["scores"]
    assert "config/published/table3.csv" in inputs["published"]
    assert len(set(inputs["scores"])) == len(inputs["scores"])


def test_every_claim_of_the_papers_configuration_has_inputs_or_names_what_it_lacks(
    paper,
) -> None:
    inputs = paper.claims.inputs(job())
    tables = {table for place in paper.claims.places(job()) for table in place["tables"]}
    absent = paper.claims.described(job())["absent"]
    for needed in discovery.claims().values():
        assert tables | set(absent) >= set(needed)
    assert set(absent) == {"table8", "figure7"}
    assert absent["figure7"] == "a second annotation pass (run.second_labels)"
    assert absent["table8"].startswith("tables.table8: labels: expected the file data/labels/356_357_358_359.json")
    for path in (
        "results/scores/imagenet_val_625/real/cw/eva02.parquet",
        "results/scores/imagenet_val_625/real/ow.siglip2_text-openai/gpt_4o.parquet",
        "results/scores/imagenet_val_625x1/real/mc.imgt_confbert/qwen3_vl.parquet",
        "results/scores/imagenet_val_625x10/real/cw.same_class/gpt_4o.parquet",
    ):
        assert path in inputs["scores"]
    # Table 8 lacks its labels here.
    assert paper.claims.paired(job()) == ["table10", "table11", "table12", "table13", "table17", "table18"]
    assert inputs["differences"][2] == "results/paper/differences/table12.parquet"


def test_a_job_knows_the_place_of_each_scores_file(paper) -> None:
    places = paper.claims.places(job())
    assert sum(len(place["entries"]) for place in places) == len(paper.claims.inputs(job())["scores"])
    assert places[0]["answers_of"]["cw_plus"] == "cw"
    assert places[0]["tables"]["table2"] == []


def test_a_table_that_the_run_does_not_make_is_named(demo) -> None:
    assert demo.claims.described(job())["absent"]["table18"] == "table18, which is not in run.tables"


def test_models_are_described_by_group_price_and_name_in_the_paper(paper) -> None:
    described = paper.claims.described(job())
    assert described["groups"]["dinov3_knn"] == "supervised"
    assert described["closed"] == ["gpt_4o"]
    assert described["names"] == {}


def test_answers_imported_from_the_papers_closed_model_are_those_of_a_closed_model(study_of, tmp_path) -> None:
    (tmp_path / "cw.csv").write_text("image_id,text\n")
    mine = {"title": "Mine", "group": "mllm", "backend": "imported", "tasks": ["cw"], "published_as": "gpt_4o"}
    study = study_of({"models": {"mine": mine | {"files": {"cw": str(tmp_path / "cw.csv")}}}})
    described = study.claims.described(job())
    assert described["names"] == {"mine": "gpt_4o"}
    assert described["closed"] == ["gpt_4o", "mine"]


def test_cw_plus_is_compared_with_multiple_choice_on_its_images(paper) -> None:
    places = {next(iter(place["tables"])): place for place in paper.claims.places(job())}
    assert ["llava_onevision", "cw_plus"] in places["table10"]["tables"]["table18"]
    larger = next(iter(places.values()))
    assert [0, "llava_onevision", "cw_plus"] in places["table10"]["elsewhere"]
    assert ["llava_onevision", "cw_plus"] in larger["entries"]
    assert larger["elsewhere"] == []


def test_a_second_annotation_pass_is_scored_under_both_label_sets(study_of) -> None:
    run = {"image_set": "imagenet_val_625", "labels": "real", "models": ["gpt_4o", "eva02"]}
    study = study_of({"run": run | {"second_labels": "clean_list"}, "label_sets": THERE})
    inputs = study.claims.inputs(job())
    assert inputs["first_labels"] == ["results/labels/imagenet_val_625/real.parquet"]
    assert inputs["second_pass"] == [
        "results/scores/imagenet_val_625/real/cw/gpt_4o.parquet",
        "results/scores/imagenet_val_625/clean_list/cw/gpt_4o.parquet",
    ]
    assert study.claims.second_pass(job()) == {"models": ["gpt_4o"], "task": "cw"}


def test_labels_of_a_second_annotation_pass_that_are_not_there_are_named_and_checked(study_of) -> None:
    run = {"image_set": "imagenet_val_625", "labels": "real", "models": ["gpt_4o"], "second_labels": "second"}
    label_set = {"title": "Second", "kind": "file", "path": "second.csv"}
    study = study_of({"run": run, "label_sets": {"second": label_set}})
    assert "second_pass" not in study.claims.inputs(job())
    assert study.claims.described(job())["absent"]["figure7"] == "a second annotation pass (the file second.csv)"
    checked = study.check.needs(job())["image_sets"]["imagenet_val_625"]["labels"]
    assert checked["second"]["path"] == "second.csv"


def test_without_an_mllm_a_second_annotation_pass_lacks_one(study_of) -> None:
    run = {"image_set": "imagenet_val_625", "labels": "real", "models": ["eva02"], "second_labels": "clean_list"}
    study = study_of({"run": run, "label_sets": THERE})
    assert "second_pass" not in study.claims.inputs(job())
    assert study.claims.described(job())["absent"]["figure7"] == "a second annotation pass (an MLLM with texts of cw)"
