import hashlib
from pathlib import Path
from typing import Any

import pytest
from imeval.base.errors import UserError
from imeval.figures import figure1
from imeval.figures.drawing import Drawn
from imeval.images.contract import Images
from imeval.labels.contract import Labels
from imeval.mapping.contract import Predictions
from imeval.scoring.contract import Metrics, Scores
from made_figures import context, texts
from pictures import noise

# ImGT 0 everywhere. The labels of "a" and "b" are [1]: who answers 1 is wrong under ImGT and right under the labels.
CATEGORIES = {"a": "S-", "b": "S-", "c": "M+", "d": "S+"}
LABELS = {"a": [1], "b": [1], "c": [0, 2], "d": [0]}
ANSWERS = {"chat": {"a": 1, "b": 1, "c": 2, "d": 3}, "net": {"a": 1, "b": 0, "c": 0, "d": 3}}


def files(models: dict[str, dict[str, int | None]]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "labels": (Labels, [(name, 0, [0], LABELS[name], LABELS[name], CATEGORIES[name]) for name in LABELS]),
        "pictures": (Images, [picture(name) for name in LABELS]),
    }
    for place, answers in enumerate(models.values()):
        made[f"metrics_{place}"] = (Metrics, [])
        made[f"predictions_{place}"] = (Predictions, [prediction(name, k) for name, k in answers.items()])
        made[f"scores_{place}"] = (Scores, [score(name, k) for name, k in answers.items()])
    return made


def picture(name: str) -> tuple[Any, ...]:
    data = noise("PNG")
    return (name, 0, 48, 32, hashlib.sha256(data).hexdigest(), data)


def prediction(name: str, answer: int | None) -> tuple[Any, ...]:
    status, method = ("error", "none") if answer is None else ("ok", "index")
    return (name, 0, status, None, answer, method, None, False, False, False)


def score(name: str, answer: int | None) -> tuple[Any, ...]:
    outcome = "error" if answer is None else "answered"
    return (name, 0, CATEGORIES[name], outcome, answer == 0, answer in LABELS[name], False, False, False)


def drawn(folder: Path, models: dict[str, dict[str, int | None]] = ANSWERS, **settings: Any) -> Drawn:
    made = context(folder, files(models), rows=[(name, "cw") for name in models], task_titles={"cw": "CW"})
    return figure1.figure(made, figure1.Settings(**settings))


def images(found: Drawn) -> list[str]:
    return found.data["image_id"].unique(maintain_order=True).to_list()


def test_the_images_come_first_on_which_most_models_are_wrong_under_imgt_and_right_under_the_labels(
    tmp_path: Path,
) -> None:
    # Both models on a, one on b and c, none on d.
    assert images(drawn(tmp_path, categories=["S-", "M+", "S+"])) == ["a", "b", "c"]
    assert images(drawn(tmp_path, categories=["M+", "S-"], per_category=1)) == ["c", "a"]


def test_other_rules_take_disputed_images_and_those_that_all_get_wrong(tmp_path: Path) -> None:
    assert images(drawn(tmp_path, select="disputed", categories=["S-", "M+", "S+"])) == ["b"]
    assert images(drawn(tmp_path, select="all_wrong", categories=["S-", "M+", "S+"])) == ["d"]


def test_the_seed_decides_between_images_that_are_equally_hard(tmp_path: Path) -> None:
    answers = {"chat": dict.fromkeys(LABELS, 1), "net": dict.fromkeys(LABELS, 1)}
    orders = {seed: images(drawn(tmp_path, answers, per_category=1, categories=["S-"], seed=seed)) for seed in range(8)}
    assert set(map(tuple, orders.values())) == {("a",), ("b",)}
    assert images(drawn(tmp_path, answers, per_category=1, categories=["S-"], seed=3)) == orders[3]


def test_a_failed_request_counts_for_no_rule(tmp_path: Path) -> None:
    answers = {"chat": dict.fromkeys(LABELS, None), "net": {"a": None, "b": None, "c": 2, "d": None}}
    found = drawn(tmp_path, answers)
    assert images(found) == ["c"]
    assert "My chat: error" in texts(found.figure)


def test_labels_and_answers_stand_beside_each_picture_with_marks(tmp_path: Path) -> None:
    found = drawn(tmp_path, categories=["S-"], per_category=1)
    assert texts(found.figure) == [
        "Most models wrong under ImGT, right under ReGT",
        "✓ correct under ReGT, ✗ not",
        "S-, ReGT: goldfish",
        "✗ ImGT: tench",
        "✓ My chat: goldfish",
        "✓ My <net>: goldfish",
    ]
    assert [len(ax.images) for ax in found.figure.axes] == [1]
    assert "a (S-): S-, labels: goldfish; ImGT: tench wrong; My chat: goldfish correct" in found.text


def test_a_list_of_images_is_shown_in_its_order_and_a_wrong_name_is_refused(tmp_path: Path) -> None:
    assert images(drawn(tmp_path, images=["d", "a"])) == ["d", "a"]
    with pytest.raises(UserError, match=r"figures\.figure1: images: expected ids of images .* found 'e'"):
        drawn(tmp_path, images=["e"])


def test_some_models_can_be_chosen(tmp_path: Path) -> None:
    found = drawn(tmp_path, models=ANSWERS, categories=["S-"])
    assert found.data["model"].unique(maintain_order=True).to_list() == ["chat", "net"]
    made = context(tmp_path, files(ANSWERS), rows=[("chat", "cw"), ("net", "cw")], task_titles={"cw": "CW"})
    assert figure1.figure(made, figure1.Settings(models=["net"])).data["model"].unique().to_list() == ["net"]


def test_a_rule_that_fits_no_image_says_so(tmp_path: Path) -> None:
    found = drawn(tmp_path, categories=["S+"])
    assert texts(found.figure) == ["no image that the rule selects"]
    assert len(found.data) == 0
