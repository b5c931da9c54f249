from contextlib import chdir
from pathlib import Path

import pytest
from imeval.base.errors import UserError
from imeval.plan.browse import laid_over, planned
from projects import ROOT

MINE = """
image_sets:
  mine: {title: my images, source: {kind: class_folders, path: there}, original_labels: {kind: source}}
run: {image_set: mine, labels: original, models: [efficientnet_lite0]}
"""


def test_the_files_of_a_run_are_planned_with_the_port_and_with_files_that_do_not_exist_yet(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(MINE)
    with chdir(tmp_path):
        browsed, port = planned(["mine.yaml"], {"port": 0})
    assert port == 0
    image_set = browsed["image_sets"][0]
    assert (image_set["title"], image_set["index"]) == ("my images", "results/images/mine/index.parquet")
    assert [answers["model"] for answers in image_set["answers"]] == ["efficientnet_lite0"]


def test_without_files_it_is_the_demo() -> None:
    with chdir(ROOT):
        browsed, port = planned([], {})
    assert (browsed["image_sets"][0]["name"], browsed["label_set"], port) == ("demo", "demo_regt", 8765)


def test_a_mistake_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("run: {labels: reall}")
    with pytest.raises(UserError, match=r"mine\.yaml: run\.labels: expected .*, found 'reall'"):
        planned([str(tmp_path / "mine.yaml")], {})


def test_keys_are_laid_over_each_other_and_lists_are_replaced() -> None:
    below = {"run": {"labels": "real", "models": ["a", "b"]}, "port": 1}
    assert laid_over(below, {"run": {"models": ["c"]}}) == {"run": {"labels": "real", "models": ["c"]}, "port": 1}
    assert below["run"] == {"labels": "real", "models": ["a", "b"]}
