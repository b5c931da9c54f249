from dataclasses import fields

from imeval.plan.budget import Budget
from imeval.plan.check import ImageSetNeeds, Needs

from .jobs import job


def test_the_needs_of_a_run_are_all_that_the_check_takes(demo, paper) -> None:
    for study in (demo, paper):
        needs = study.check.needs(job())
        assert set(needs) == {field.name for field in fields(Needs)}
        assert {frozenset(one) for one in needs["image_sets"].values()} == {
            frozenset(field.name for field in fields(ImageSetNeeds))
        }
        assert set(needs["budget"]) == {field.name for field in fields(Budget)}


def test_the_papers_run_needs_the_images_of_each_of_its_tables(paper) -> None:
    needs = paper.check.needs(job())
    assert list(needs["image_sets"]) == [
        "imagenet_val_625", "imagenet_val_625x1", "imagenet_val_625x10", "imagenet_train", "imagenet_val",
    ]  # fmt: skip
    assert {one["key"] for one in needs["image_sets"].values()} == {"imagenet.val", "imagenet.train"}
    assert needs["image_sets"]["imagenet_val_625x1"]["labels"].keys() == {"real"}
    # Without the experts' labels, whose tables are left out.
    assert [record["where"] for record in needs["left_out"]] == ["tables.table8", "tables.table9"]


def test_prediction_files_are_needed_for_the_images_of_their_tables(study_of) -> None:
    mine = {
        "title": "M",
        "group": "mllm",
        "backend": "imported",
        "tasks": ["cw"],
        "files": {"cw": "a.csv", "cw.id": "b"},
    }
    tables = {"table13": {"image_set": "imagenet_val_625x1", "models": ["mine"], "tasks": ["cw.id"]}}
    run = {"image_set": "imagenet_val", "labels": "real", "models": ["mine"], "tables": ["table3", "table13"]}
    needs = study_of({"models": {"mine": mine}, "tables": tables, "run": run}).check.needs(job())
    predictions = {name: one["predictions"] for name, one in needs["image_sets"].items()}
    assert predictions == {"imagenet_val": {"mine": {"cw": "a.csv"}}, "imagenet_val_625x1": {"mine": {"cw.id": "b"}}}


def test_the_papers_run_needs_a_key_and_the_demo_does_not(demo, paper) -> None:
    assert demo.check.needs(job())["endpoints"] == {}
    assert set(paper.check.needs(job())["endpoints"]) == {"gpt_4o"}


def test_a_model_of_two_files_needs_both(paper) -> None:
    name = next(name for name, entry in paper.config["models"].items() if entry["backend"] == "dinotxt")
    weights = paper.check.needs(job())["weights"]
    assert {f"model {name}", f"repository of {name}", f"backbone of {name}"} <= set(weights)


def test_models_behind_apis_are_asked_a_question_on_request_alone(study_of) -> None:
    model = {"title": "M", "group": "mllm", "backend": "openai", "tasks": ["cw"], "api_model": "m", "encoder": "sbert"}
    run = {"models": ["mine", "efficientnet_lite0"]}
    config = {"models": {"mine": {**model, "templates": "none", "temperature": None}}, "run": run}
    assert study_of(config).check.needs(job())["probed"] == {}
    for asked in (True, "true"):
        assert study_of({**config, "probe": asked}).check.needs(job())["probed"] == {
            "mine": {"api_model": "m", "temperature": None, "store": "results/store/mine", "answer_format": "text"}
        }
    assert study_of({**config, "probe": False}).check.needs(job())["probed"] == {}
