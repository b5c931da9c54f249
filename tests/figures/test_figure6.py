from pathlib import Path
from typing import Any

import pytest
from imeval.base.errors import UserError
from imeval.figures import figure6
from imeval.figures.context import Model
from imeval.figures.drawing import Drawn
from imeval.labels.contract import Labels
from imeval.mapping.contract import Predictions
from imeval.scoring.contract import Metrics, Scores
from made_figures import context, texts

# ImGT is 0 everywhere. Of each image: its category, its labels, and the answers of three models; None is an error.
IMAGES: dict[str, tuple[str, list[int], tuple[int | None, ...]]] = {
    "none": ("N", [], (5, 6, 7)),
    "other": ("M+", [0, 1], (1, 1, 0)),
    "alike": ("S+", [0], (5, 5, 0)),
    "mixed": ("S+", [0], (5, 6, 0)),
    "easy": ("S+", [0], (0, 0, 5)),
    "failed": ("S+", [0], (None, None, 0)),
}


def drawn(folder: Path, **settings: Any) -> Drawn:
    written: dict[str, Any] = {
        "labels": (Labels, [(name, 0, [0], labels, labels, kind) for name, (kind, labels, _) in IMAGES.items()])
    }
    for place in range(3):
        scores, predictions = [], []
        for name, (kind, labels, answers) in IMAGES.items():
            answer = answers[place]
            outcome, status = ("error", "error") if answer is None else ("answered", "ok")
            right = kind == "N" or answer in labels
            scores.append((name, 0, kind, outcome, answer == 0, right, False, False, False))
            method = "none" if answer is None else "index"
            predictions.append((name, 0, status, None, answer, method, None, False, False, False))
        written |= {f"scores_{place}": (Scores, scores), f"predictions_{place}": (Predictions, predictions)}
        written[f"metrics_{place}"] = (Metrics, [])
    models = {f"m{place}": Model(f"M{place}", "mllm") for place in range(3)}
    made = context(folder, written, rows=[(name, "cw") for name in models], models=models)
    return figure6.figure(made, figure6.Settings(**settings))


def test_images_that_most_models_get_wrong_under_imgt_are_of_one_kind_each(tmp_path: Path) -> None:
    found = drawn(tmp_path)
    assert found.data.select("kind", "hits", "images").rows() == [
        ("no class fits", 1, 4), ("another object", 1, 4), ("one confusion", 1, 4), ("no agreement", 1, 4),
    ]  # fmt: skip
    assert "images wrong under ImGT for more than 50 % of 3 models: 4." in found.text


def test_the_share_of_models_is_a_setting(tmp_path: Path) -> None:
    # Only on the image without a label are more than four of five wrong.
    assert drawn(tmp_path, share=0.8).data["hits"].to_list() == [1, 0, 0, 0]


def test_each_kind_has_examples_with_labels_and_answers(tmp_path: Path) -> None:
    lines = texts(drawn(tmp_path).figure)
    start = lines.index("another object")
    assert lines[start : start + 4] == [
        "another object", "ImGT: tench", "ReGT: tench; goldfish", "models: goldfish (2), tench (1)",
    ]  # fmt: skip
    assert lines.count("no pictures") == 1
    assert "no pictures" not in texts(drawn(tmp_path, examples=0).figure)


def test_kinds_of_a_users_file_stand_in_the_order_of_their_counts(tmp_path: Path) -> None:
    (tmp_path / "kinds.csv").write_text(
        "image_id,why\nalike.JPEG,scale\nmixed,scale\neasy,context\nother,\nelse,scale\n"
    )
    found = drawn(tmp_path, annotation=str(tmp_path / "kinds.csv"), column="why")
    assert found.data.select("kind", "hits", "images").rows() == [("scale", 2, 3), ("context", 1, 3)]


def test_a_file_without_the_column_or_the_images_is_refused(tmp_path: Path) -> None:
    (tmp_path / "kinds.csv").write_text("image_id,kind\nelse,scale\n")
    with pytest.raises(
        UserError, match=r"kinds\.csv: kind: expected a kind of one of the evaluated images, found none"
    ):
        drawn(tmp_path, annotation=str(tmp_path / "kinds.csv"))
    with pytest.raises(UserError, match=r"kinds\.csv.*why"):
        drawn(tmp_path, annotation=str(tmp_path / "kinds.csv"), column="why")
