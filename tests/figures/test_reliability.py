from pathlib import Path

import pytest
from imeval.figures import reliability
from imeval.figures.drawing import Drawn
from imeval.models.contract import Outputs
from imeval.scoring.contract import Scores
from made_figures import context, texts

# The image, its score, whether it is correct, its category.
IMAGES = [
    ("a", 0.95, True, "S+"), ("b", 0.85, False, "S+"), ("c", 0.26, False, "M-"), ("d", 1.0, True, "M+"),
    ("e", 0.9, True, "N"),
]  # fmt: skip


def drawn(folder: Path, images: list[tuple[str, float, bool, str]] = IMAGES, bins: int = 5) -> Drawn:
    outputs = [(name, [1, 2], [score, 1 - score]) for name, score, *_ in images]
    # The model failed for one image.
    outputs.append(("f", [], []))
    scores = [(name, 0, kind, "answered", False, right, False, False, False) for name, _, right, kind in images]
    scores.append(("f", 0, "S+", "error", False, False, False, False, False))
    made = context(folder, {"outputs_0": (Outputs, outputs), "scores_0": (Scores, scores)}, rows=[("net", "cw")])
    return reliability.figure(made, reliability.Settings(bins=bins))


def test_each_bin_has_its_accuracy_over_its_mean_score_without_images_of_n(tmp_path: Path) -> None:
    found = drawn(tmp_path)
    assert found.data.select("bin", "images", "hits").rows() == [(1, 1, 0), (4, 3, 2)]
    assert found.data["score"].to_list() == pytest.approx([26.0, 93.333], abs=0.01)


def test_the_calibration_error_weighs_bins_by_their_images(tmp_path: Path) -> None:
    # (1 x |0 - 26| + 3 x |66.67 - 93.33|) / 4
    (title,) = drawn(tmp_path).figure.legends[0].get_texts()
    assert title.get_text() == "My <net> (ECE 26.5)"


def test_without_a_labelled_image_the_figure_says_so(tmp_path: Path) -> None:
    assert texts(drawn(tmp_path, IMAGES[4:]).figure) == ["no image has a label and a score"]
