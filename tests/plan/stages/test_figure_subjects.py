import pytest
from imeval.base.errors import UserError

from .jobs import job


def test_figure_7_is_of_the_labels_under_review_once_somebody_decided(study_of, tmp_path) -> None:
    none = study_of({"annotation": {"folder": str(tmp_path)}})
    assert "figure7" not in none.figures.of_run()
    with pytest.raises(UserError, match="figure figure7: decisions: expected decisions about demo_regt, found none"):
        none.figures.inputs(job(figure="figure7"))
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo/demo_regt.sqlite").touch()
    decided = study_of({"annotation": {"folder": str(tmp_path)}})
    assert "figure7" in decided.figures.of_run()
    outcomes = "results/annotations/demo/demo_regt/outcomes.parquet"
    assert decided.figures.inputs(job(figure="figure7")) == {"outcomes": outcomes}
    five = decided.figures.inputs(job(figure="figure5"))
    assert five["image_outcomes"] == "results/annotations/demo/demo_regt/image_outcomes.parquet"
    assert five["pictures"] == decided.entries.image_shards("demo")
    assert list(decided.figures.context(job(figure="figure7"))["models"]) == ["socratic", "conse"]


def test_figure_5_of_imported_models_does_without_pictures(study_of, tmp_path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo/demo_regt.sqlite").touch()
    imported = {"title": "Mine", "group": "mllm", "backend": "imported", "tasks": ["cw"], "files": {"cw": "mine.csv"}}
    run = {"models": ["mine"]}
    study = study_of({"annotation": {"folder": str(tmp_path)}, "models": {"mine": imported}, "run": run})
    assert "figure5" in study.figures.of_run()
    assert "pictures" not in study.figures.inputs(job(figure="figure5"))


def test_confusions_are_of_the_run_if_it_has_their_model_and_images(study_of) -> None:
    study = study_of({"multiple_choice": {"confusions": {"model": "efficientnet_lite0", "image_set": "demo"}}})
    assert study.figures.inputs(job(figure="confusions"))["confusions"].startswith(
        "results/confusions/demo/efficientnet_lite0"
    )
    assert "confusions" in study.figures.of_run()
    other = study_of(
        {"run": {"models": ["efficientnet_lite2"]}, "multiple_choice": {"confusions": {"model": "efficientnet_lite0"}}}
    )
    assert "confusions" not in other.figures.of_run()
