from pathlib import Path
from typing import Any

import pytest
from imeval.plan import across, tables

PICTURES = {"a": "data/a", "b": "data/b", "val": "data/val", "val_a": "data/val"}
TABLE = {"image_set": "val", "image_sets": ["a", "b"]}


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The pictures of `a` are there, and those of `b` are not."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data/a").mkdir(parents=True)
    sets: dict[str, Any] = {
        name: {"source": {"kind": "folder", "path": path}, "original_labels": {"kind": "source"}}
        for name, path in PICTURES.items()
    }
    sets["a"]["reference"] = "val_a"
    return {"image_sets": sets, "run": {"image_set": "val"}}


def test_an_image_set_is_shown_if_its_pictures_are_there_and_what_it_is_compared_with_comes_with_it(
    made: dict[str, Any],
) -> None:
    assert across.shown(made, TABLE) == ["a"]
    assert across.not_shown(made, TABLE) == {"b": "data/b"}
    assert tables.beside(made, TABLE) == [("a", "original"), ("val_a", "original")]
    assert (across.reference(made, "a", "val"), across.reference(made, "b", "val")) == ("val_a", "val")


def test_without_its_file_of_labels_an_image_set_is_left_out_too(made: dict[str, Any]) -> None:
    Path("data/b").mkdir()
    made["image_sets"]["b"]["original_labels"] = {"kind": "objectnet", "path": "objects.json"}
    assert across.not_shown(made, TABLE) == {"b": "objects.json"}


def test_where_no_pictures_are_there_a_dry_run_plans_those_that_need_nothing_else(made: dict[str, Any]) -> None:
    Path("data/a").rmdir()
    assert across.shown(made, TABLE) == ["a", "b"]
    made["image_sets"]["b"]["original_labels"] = {"kind": "file", "path": "labels.csv"}
    assert across.shown(made, TABLE) == ["a"]
