from pathlib import Path
from typing import Any

import numpy as np
import pytest
from imeval.figures import figure4
from imeval.figures.context import Model
from imeval.figures.drawing import Drawn
from imeval.labels.contract import Labels
from imeval.mapping.contract import Predictions
from imeval.models.contract import ClassEmbeddings, TextEmbeddings
from imeval.scoring.contract import Scores
from made_figures import context, texts

# Three classes on a quarter of a circle; 1 and 2 have one name.
NAMES = {"0": "goose", "1": "missile", "2": "missile"}
CLASSES = [(0, "goose", [1.0, 0.0]), (1, "missile", [0.0, 1.0]), (2, "missile", [0.0, 1.0])]
VECTORS = {"A grey goose": [0.8, 0.6], "rocket": [0.28, 0.96]}

# The image, its category and labels, the model's text, its class and whether it is correct.
ANSWERS = [
    ("a", "S+", [0], "A grey goose", 0, True),
    ("b", "S+", [0], "{\"1\": \"rocket\"}", 1, False),
    ("c", "M-", [0, 1], "<think>Hm.</think>rocket", 1, True),
    ("d", "N", [], "rocket", 1, True),
]  # fmt: skip


def files(place: int, answers: list[tuple[Any, ...]], vectors: dict[str, list[float]]) -> dict[str, Any]:
    predictions = [
        (name, 0, "ok", text, found, "embedding", 0.8, True, True, False) for name, _, _, text, found, _ in answers
    ]
    predictions.append(("e", 0, "ok", "goose", 0, "exact", None, False, False, False))
    scores = [(name, 0, kind, "answered", False, right, True, True, False) for name, kind, _, _, _, right in answers]
    scores.append(("e", 0, "S+", "answered", True, True, False, False, False))
    return {
        f"predictions_{place}": (Predictions, predictions),
        f"scores_{place}": (Scores, scores),
        f"class_embeddings_{place}": (ClassEmbeddings, CLASSES),
        f"answer_embeddings_{place}": (TextEmbeddings, list(vectors.items())),
    }


def drawn(folder: Path, vectors: dict[str, list[float]] = VECTORS, **settings: Any) -> Drawn:
    labels = [(name, 0, [0], found, found, kind) for name, kind, found, *_ in ANSWERS]
    made = context(
        folder,
        {
            "labels": (Labels, [*labels, ("e", 0, [0], [0], [0], "S+")]),
            **files(0, ANSWERS[:1], vectors),
            **files(1, ANSWERS, vectors),
        },
        models={"few": Model("Few", "mllm"), "chat": Model("My chat", "mllm")},
        rows=[("few", "cw_plus"), ("chat", "cw_plus")],
        class_renames=NAMES,
    )
    return figure4.figure(made, figure4.Settings(**settings))


def test_each_category_but_n_has_a_right_and_a_wrong_answer_of_the_model_with_the_most(tmp_path: Path) -> None:
    found = drawn(tmp_path)
    assert found.data.select("image_id", "model", "correct").rows() == [
        ("a", "chat", True), ("b", "chat", False), ("c", "chat", True),
    ]  # fmt: skip
    assert texts(found.figure)[0].startswith("My chat: 2 of 3 become correct (66.7 %)")


def test_the_runner_up_is_the_nearest_class_of_another_name(tmp_path: Path) -> None:
    found = drawn(tmp_path)
    shown = found.data.select("class_name", "runner_up_name", "runner_up_similarity").rows()
    assert [row[:2] for row in shown] == [("goose", "missile"), ("missile", "goose"), ("missile", "goose")]
    assert np.allclose([row[2] for row in shown], [0.6, 0.28, 0.28])


def test_answer_class_similarity_and_runner_up_stand_beside_each_other(tmp_path: Path) -> None:
    lines = texts(drawn(tmp_path).figure)
    start = lines.index("“A grey goose”")
    assert lines[start - 1 : start + 3] == [
        "S+, goose (ImGT: goose)", "“A grey goose”", "✓ → goose (0.80)", "then missile (0.60)",
    ]  # fmt: skip
    assert "✗ → missile (0.80)" in lines
    assert lines.count("no pictures") == 1


def test_some_models_can_be_chosen(tmp_path: Path) -> None:
    assert drawn(tmp_path, models=["few"]).data["image_id"].to_list() == ["a"]


def test_an_answer_whose_vector_is_not_stored_has_no_runner_up(tmp_path: Path) -> None:
    found = drawn(tmp_path, {"A grey goose": [0.8, 0.6]})
    assert found.data["runner_up_name"].to_list() == ["missile", None, None]
    assert len(texts(found.figure)) > 6


@pytest.mark.parametrize("count", [1, 2])
def test_without_an_answer_out_of_prompt_the_figure_says_so(tmp_path: Path, count: int) -> None:
    rows = [(f"m{place}", "cw_plus") for place in range(count)]
    written = {name: value for place in range(count) for name, value in files(place, [], {}).items()}
    written["labels"] = (Labels, [("e", 0, [0], [0], [0], "S+")])
    made = context(tmp_path, written, models={name: Model(name, "mllm") for name, _ in rows}, rows=rows)
    found = figure4.figure(made, figure4.Settings())
    assert texts(found.figure) == ["no answer is out of prompt"]
    assert "0 of 0 become correct, without N" in found.text
