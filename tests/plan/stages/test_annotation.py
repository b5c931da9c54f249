import pytest
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
