import pytest
from imeval.annotation import database
from imeval.base.errors import UserError

from .jobs import job

PLACE = {"image_set": "demo", "labels": "demo_regt"}


def test_each_model_of_the_run_votes_once_and_original_labels_do_not(demo, study_of) -> None:
    assert demo.annotation.voting["socratic"] == "cw"
    assert demo.annotation.predictions(job(**PLACE))[0] == "results/predictions/demo/cw/socratic.parquet"
    assert "imgt" not in study_of({"run": {"models": ["imgt", "conse"]}}).annotation.voting
    open_world = study_of({"annotation": {"tasks": ["ow", "cw"]}}).annotation.voting
    assert (open_world["socratic"], open_world["conse"]) == ("ow", "cw")


def test_outputs_are_those_of_models_with_scores(demo) -> None:
    ranked = demo.annotation.ranked(job(**PLACE))
    assert ["socratic", 1] not in ranked
    assert sum(count for _, count in ranked) == len(demo.annotation.outputs(job(**PLACE)))


def test_by_default_proposals_come_from_both_labels_the_last_mllm_and_the_last_vlm(demo, paper, study_of) -> None:
    assert demo.annotation.sources(job()) == ["imgt", "labels", "socratic", "conse"]
    assert paper.annotation.sources(job()) == ["imgt", "labels", "gpt_4o", "siglip2_gopt"]
    alone = study_of({"run": {"models": ["efficientnet_lite0"]}})
    assert alone.annotation.sources(job()) == ["imgt", "labels", "efficientnet_lite0"]


def test_the_labels_that_a_model_lists_are_a_source_with_its_responses_and_title(study_of) -> None:
    sources = ["imgt", "labels", "socratic/cw.all_labels"]
    study = study_of({"annotation": {"proposals": sources}})
    assert study.annotation.listing_responses(job(**PLACE)) == [
        "results/responses/demo/cw.all_labels/socratic/00000-of-00001.parquet"
    ]
    ((source, files, tags),) = study.annotation.listed(job(**PLACE))
    assert (source, files, "think" in tags) == ("socratic/cw.all_labels", 1, True)
    assert study.annotation.titles(job(**PLACE))["socratic/cw.all_labels"].endswith(", all labels")
    assert study.annotation.compared(job(**PLACE)) == "socratic/cw.all_labels"
    (model,) = study.figures.context(job(figure="figure7"))["models"].items()
    assert model == (
        "socratic/cw.all_labels",
        {
            "title": study.annotation.title_of(model[0]),
            "group": "mllm",
            **{key: value for key, value in model[1].items() if key not in ("title", "group")},
        },
    )


def test_a_model_lists_the_labels_of_the_disputed_images_alone_unless_the_task_asks_about_all(study_of) -> None:
    sources = {"annotation": {"proposals": ["imgt", "socratic/cw.all_labels"]}}
    asked = job(image_set="demo", model="socratic", task="cw.all_labels", shard="00000-of-00001")
    study = study_of(sources)
    assert study.inference.asked_images(asked) == {
        "photographs": "results/disputes/demo/demo_regt/images/00000-of-00001.parquet"
    }
    assert study.inference.images_per_request("socratic", "cw.all_labels") == 1
    with pytest.raises(
        UserError,
        match=r"^run: labels: expected real, whose disputed images socratic/cw\.all_labels is asked about, found "
        r"'demo_regt'; name it there$",
    ):
        study.annotation.listing_responses(job(image_set="demo", labels="real"))
    about_all = study_of({**sources, "tasks": {"cw": {"variants": {"all_labels": {"asks_about": "all"}}}}})
    assert about_all.inference.asked_images(asked) == {"photographs": "results/images/demo/00000-of-00001.parquet"}


def test_a_task_about_disputed_images_fills_no_table(study_of) -> None:
    with pytest.raises(
        UserError,
        match=r"tables\.table3\.tasks\.0: expected a task that asks about all images, found 'cw\.all_labels', about "
        r"disputed ones; set tasks\.cw\.variants\.all_labels\.asks_about: all",
    ):
        study_of({"tables": {"table3": {"tasks": ["cw.all_labels"]}}})


def test_a_task_that_the_model_does_not_do_is_refused(study_of) -> None:
    with pytest.raises(
        UserError, match=r"annotation\.proposals: expected a task of socratic, found 'cw\.all_label'; did"
    ):
        study_of({"annotation": {"proposals": ["socratic/cw.all_label"]}})
    with pytest.raises(
        UserError, match=r"expected an MLLM before the '/'.*found 'conse/cw'; name conse alone for its class"
    ):
        study_of({"annotation": {"proposals": ["conse/cw"]}})


def test_confident_learning_takes_a_supervised_model_with_outputs(demo, study_of) -> None:
    assert demo.annotation.confident_of(job()) == "efficientnet_lite2"
    assert study_of({"run": {"models": ["socratic"]}}).annotation.confident_of(job()) is None
    chat = study_of({"annotation": {"confident_model": "socratic"}})
    with pytest.raises(UserError, match=r"annotation: confident_model: .* found 'socratic'; name one of "):
        chat.annotation.confident_of(job())


@pytest.mark.parametrize("key", ["disagreeing", "proposals", "confident_model"])
def test_a_model_that_the_run_lacks_is_refused(study_of, key: str) -> None:
    value = "gpt_4o" if key == "confident_model" else ["gpt_4o"]
    with pytest.raises(UserError, match=rf"annotation\.{key}: expected a model of run\.models, found 'gpt_4o'"):
        study_of({"annotation": {key: value}})


def test_without_decisions_the_page_is_named(demo, study_of, tmp_path, monkeypatch) -> None:
    study = study_of({"annotation": {"folder": str(tmp_path)}})
    with pytest.raises(UserError) as caught:
        study.annotation.source_of_decisions(job(**PLACE))
    assert str(caught.value) == (
        f"{tmp_path}/demo/demo_regt.sqlite: file: expected decisions about demo_regt, found none; run `snakemake "
        "annotate`, or name a file in annotation.decisions"
    )


def test_decisions_of_the_page_are_collected_again_after_each(study_of, tmp_path) -> None:
    study = study_of({"annotation": {"folder": str(tmp_path)}})
    path = study.annotation.database("demo", "demo_regt")
    with database.opened(path, "demo", "demo_regt") as page:
        page.write(database.Action("skip", "anna", "a", "2026-11-28T10:00:00+00:00"))
    assert study.annotation.source_of_decisions(job(**PLACE)) == path
    assert study.annotation.form_of_decisions(job(**PLACE)) is None
    assert study.annotation.state_of_decisions(job(**PLACE)) == ["1"]


def test_a_file_of_decisions_stands_in_place_of_the_page(study_of, tmp_path) -> None:
    (tmp_path / "d.json").write_text("[]")
    given = {"demo_regt": {"path": str(tmp_path / "d.json"), "format": "json"}}
    study = study_of({"annotation": {"decisions": given}})
    assert study.annotation.source_of_decisions(job(**PLACE)) == str(tmp_path / "d.json")
    assert study.annotation.form_of_decisions(job(**PLACE)) == "json"
    with pytest.raises(UserError, match=r"annotation\.decisions\.mine: expected an entry of label_sets, found 'mine'"):
        study_of({"annotation": {"decisions": {"mine": given["demo_regt"]}}})


def test_revised_labels_follow_from_the_labels_and_decisions_before(demo) -> None:
    revised = job(image_set="demo", labels="demo_regt@2")
    assert demo.annotation.labels_before(revised) == "results/labels/demo/demo_regt.parquet"
    assert demo.annotation.resolved(revised) == "results/annotations/demo/demo_regt/resolved.parquet"


def test_the_paper_s_counts_stand_beside_an_mllm(demo, study_of) -> None:
    assert demo.annotation.compared(job(**PLACE)) == "socratic"
    assert study_of({"annotation": {"proposals": ["imgt", "conse"]}}).annotation.compared(job(**PLACE)) is None
    titles = demo.annotation.titles(job(**PLACE))
    assert list(titles) == ["imgt", "labels", "socratic", "conse"]
    assert titles["labels"] == "the demo's ReGT"
