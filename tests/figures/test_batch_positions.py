from pathlib import Path
from typing import Any

from imeval.asking.contract import Responses
from imeval.figures import batch_positions
from imeval.figures.drawing import Drawn
from imeval.scoring.contract import Metrics, Scores
from made_figures import context, texts


def drawn(folder: Path, positions: dict[str, int], failed: str = "") -> Drawn:
    responses = [
        (name, 0, name, place, 2, "hen", "ok", "stop", None, 1, None, None, None) for name, place in positions.items()
    ]
    scores: list[tuple[Any, ...]] = []
    for name in positions:
        outcome = "error" if name in failed else "answered"
        scores.append((name, 0, "S+", outcome, True, name in "ac", False, False, False))
    written = {
        "metrics_0": (Metrics, []),
        "responses_0": (Responses, responses),
        "scores_0": (Scores, scores),
    }
    made = context(folder, written, rows=[("chat", "cw")], task_titles={"cw": "CW"})
    return batch_positions.figure(made, batch_positions.Settings())


def test_the_accuracy_at_each_position_has_its_interval(tmp_path: Path) -> None:
    found = drawn(tmp_path, {"a": 1, "b": 1, "c": 2, "d": 2, "e": 2})
    assert found.data.select("position", "images", "hits", "value").rows()[0] == (1, 2, 1, 50.0)
    assert found.data["hits"].to_list() == [1, 1]
    assert found.data.filter(position=2)["ci_high"][0] > 33.4
    assert [text.get_text() for text in found.figure.legends[0].get_texts()] == ["My chat, CW"]
    assert "My chat, CW: 33.3 to 50.0 %." in found.text


def test_failed_requests_are_at_no_position(tmp_path: Path) -> None:
    found = drawn(tmp_path, {"a": 1, "b": 1, "c": 2}, failed="b")
    assert found.data.select("position", "images", "value").rows() == [(1, 1, 100.0), (2, 1, 100.0)]


def test_requests_about_one_image_alone_make_no_figure_and_it_says_so(tmp_path: Path) -> None:
    found = drawn(tmp_path, {"a": 1, "b": 1})
    assert texts(found.figure) == ["every answer is to a request about one image"]
    assert found.data.is_empty()
