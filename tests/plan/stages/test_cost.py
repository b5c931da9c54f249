from collections.abc import Mapping
from pathlib import Path
from typing import Any

from imeval.plan.stages.cost import Asked

from .jobs import job


def test_a_run_without_apis_asks_nothing(demo) -> None:
    assert demo.cost.rows() == []
    assert demo.cost.asked(job()) == demo.cost.files(job()) == demo.cost.stores(job()) == []


def test_what_two_tables_ask_is_asked_once(paper) -> None:
    rows = paper.cost.rows()
    assert len(rows) == len(set(rows))
    assert {row.model for row in rows} == {"gpt_4o"}
    assert Asked("imagenet_val_625", None, "gpt_4o", "cw") in rows
    assert not [row for row in rows if row.task == "cw_plus"]


def test_questions_that_offer_labels_name_them(paper) -> None:
    choices = [row for row in paper.cost.rows() if row.task.startswith("mc.")]
    assert choices
    assert None not in {row.labels for row in choices}
    one = next(asked for asked in paper.cost.asked(job()) if asked["task"] == choices[0].task)
    assert (one["runs"], one["options"]) == (31, 4)
    assert one["prompt"] == "config/prompts/multiple_choice.jinja"


def test_the_prices_are_those_of_every_model_behind_an_api(paper) -> None:
    assert paper.cost.prices()["gpt_4o"] == paper.config["models"]["gpt_4o"]["prices"]
    assert "qwen3_vl" not in paper.cost.prices()


def touch(*paths: str) -> None:
    for path in map(Path, paths):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_an_estimate_reads_questions_only_if_they_and_the_pictures_are_there(paper, tmp_path, monkeypatch) -> None:
    files = paper.cost.files(job())
    assert not [path for path in files if path.startswith("results/choices/")]
    made = "results/choices/imagenet_val_625x1/real/mc.imgt_confeva.parquet"
    monkeypatch.chdir(tmp_path)
    touch(made)
    assert not [path for path in paper.cost.files(job()) if path.startswith("results/choices/")]
    touch(*paper.entries.image_shards("imagenet_val_625x1"))
    assert [path for path in paper.cost.files(job()) if path.startswith("results/choices/")] == [made]


def test_an_estimate_needs_the_number_of_images_alone_and_no_picture(paper, study_of, tmp_path, monkeypatch) -> None:
    # ImageNet is not there.
    assert not [path for path in paper.cost.files(job()) if path.startswith("results/images/")]
    counts = {asked["images_of"]: asked["count"] for asked in paper.cost.asked(job())}
    assert sorted(counts.values()) == [625, 6250, 31_250]
    model = {"models": ["gpt_4o"], "image_set": "demo", "labels": "demo_regt"}
    demo = study_of({"run": model})
    monkeypatch.chdir(tmp_path)
    listing, shards = "results/images/demo/listing.parquet", demo.entries.image_shards("demo")
    assert [path for path in demo.cost.files(job()) if path.startswith("results/images/")] == [listing]
    touch(*shards)
    assert [path for path in demo.cost.files(job()) if path.startswith("results/images/")] == shards


def test_proposals_of_labels_cost_their_disputed_images_or_all_until_they_are_selected(
    study_of, tmp_path, monkeypatch
) -> None:
    run = {"models": ["gpt_4o"], "image_set": "demo", "labels": "demo_regt"}
    proposing = study_of({"run": run, "annotation": {"proposals": ["imgt", "gpt_4o/cw.all_labels"]}})

    def asked() -> Mapping[str, Any]:
        return next(one for one in proposing.cost.asked(job()) if one["task"] == "cw.all_labels")

    monkeypatch.chdir(tmp_path)
    assert proposing.cost.rows()[-1] == Asked("demo", None, "gpt_4o", "cw.all_labels")
    touch(*proposing.entries.image_shards("demo"))
    assert asked()["listing"] == "results/images/demo/listing.parquet"
    disputed = ["results/disputes/demo/demo_regt/images/00000-of-00001.parquet"]
    touch(*disputed)
    assert asked()["images"] == disputed
