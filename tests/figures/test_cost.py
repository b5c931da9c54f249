from pathlib import Path
from typing import Any

import pytest
from imeval.asking.contract import Responses
from imeval.figures import cost
from imeval.figures.context import Model
from imeval.figures.drawing import Drawn
from imeval.scoring.contract import Metrics
from made_figures import context, texts

METRICS = ("gpt", "cw", "accuracy", "regt", "A", 0.5, 0.4, 0.6, "wilson", 10, 5, 10, 0, 0, 0, 0, 0, 0, 1)


def response(image: str, request: str, position: int, tokens: tuple[int | None, int | None]) -> tuple[Any, ...]:
    return (image, 0, request, position, 2, "hen", "ok", "stop", None, 1, *tokens, None)


def drawn(folder: Path, responses: list[tuple[Any, ...]]) -> Drawn:
    models = {"gpt": Model("GPT", "mllm", prices={"input": 2.0, "output": 10.0, "batch_discount": 0.5})}
    written = {"metrics_0": (Metrics, [METRICS]), "responses_0": (Responses, responses)}
    return cost.figure(context(folder, written, rows=[("gpt", "cw")], models=models), cost.Settings())


def test_the_tokens_of_a_request_about_several_images_are_paid_once(tmp_path: Path) -> None:
    asked = [response("a", "r", 1, (1000, 100)), response("b", "r", 2, (1000, 100))]
    asked.append(response("c", "s", 1, (500, 50)))
    found = drawn(tmp_path, asked)
    # (1500 x 2 + 150 x 10) / 1,000,000 dollars for three images.
    assert found.data["usd_per_1000_images"].to_list() == pytest.approx([1.5])
    assert "GPT: 1.5 dollars for 1,000 images, 50.0 %." in found.text


def test_images_whose_requests_have_no_count_are_left_out(tmp_path: Path) -> None:
    asked = [response("a", "r", 1, (1000, 100)), response("b", "s", 1, (None, None))]
    assert drawn(tmp_path, asked).data["usd_per_1000_images"].to_list() == pytest.approx([3.0])


def test_without_a_count_of_tokens_the_figure_says_so(tmp_path: Path) -> None:
    found = drawn(tmp_path, [response("a", "r", 1, (None, None))])
    assert texts(found.figure) == ["no answer has a count of its tokens"]
    assert found.data.is_empty()
