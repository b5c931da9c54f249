from typing import Any

import pytest
from imeval.plan.budget import Budget, estimates

GPT_4O = {
    "api_model": "gpt-4o-2024-08-06",
    "store": "results/store/gpt_4o",
    "prices": {"input": 2.5, "output": 10.0, "batch_discount": 0.5},
}


def asked(**changes: Any) -> dict[str, Any]:
    base = {
        "image_set": "val",
        "made": 0.0,
        "question": False,
        "chat": GPT_4O,
        "names": {},
        "asking": {},
        "runs": 1,
        "prompt": "config/prompts/open_world.jinja",
        "json_answer": None,
    }
    return base | changes


def found(*rows: dict[str, Any], counted: dict[str, int] | None = None, **changes: Any) -> dict[str, str]:
    budget = {"images": {"val": 1000}, "weights_gb": {}, "packages": 0, "gpu_jobs": [], "asked": rows, **changes}
    return dict(estimates(Budget(**budget), counted or {}))


def dollars(*rows: dict[str, Any], **changes: Any) -> float:
    return float(found(*rows, **changes)["dollars"].split()[0])


@pytest.fixture(autouse=True)
def _in_the_project(in_the_project: None) -> None:
    """The prompts are those of the project."""


def test_what_is_downloaded_computed_and_paid_has_a_line_each() -> None:
    jobs = [{"image_set": "val", "hours": 0.002}, {"image_set": "val", "hours": 0.001}]
    assert found(weights_gb={"a/b": 470.0, "c/d": 16.25}, packages=2, gpu_jobs=jobs) == {
        "to download": "486.2 GB of weights, by their number of parameters; packages: 2",
        "GPU time": "at most 3.0 hours of one GPU, at half of its speed (docs/cluster.md)",
    }


def test_an_open_world_of_a_thousand_images_costs_what_its_tokens_cost() -> None:
    # 255 tokens of an image of 500 by 375, 145 of the prompt, 12 of the answer: 1000 · (400 · 2.5 + 12 · 10) / 1e6.
    assert dollars(asked()) == pytest.approx(1.12, abs=0.005)
    assert found(asked())["dollars"].endswith("in batches; see results/cost.csv")


def test_dollars_grow_with_images_and_runs_and_fall_with_what_is_there() -> None:
    once = dollars(asked())
    assert dollars(asked(runs=3)) == pytest.approx(3 * once, abs=0.02)
    assert dollars(asked(), counted={"val": 500}) == pytest.approx(once / 2, abs=0.01)
    assert dollars(asked(made=0.75)) == pytest.approx(once / 4, abs=0.01)
    assert dollars(asked(), asked()) == pytest.approx(2 * once, abs=0.01)


def test_images_of_one_request_share_its_prompt() -> None:
    closed = {"prompt": "config/prompts/closed_world.jinja", "json_answer": "config/prompts/json_answer.jinja"}
    alone, together = (
        dollars(asked(**closed)),
        dollars(asked(**closed, asking={"images_per_request": 10, "answer_format": "json"})),
    )
    assert together < alone / 5


def test_a_question_shows_its_options_alone() -> None:
    question = asked(question=True, prompt="config/prompts/multiple_choice.jinja", runs=31)
    assert dollars(question) < 31 * dollars(asked())


def test_a_model_without_prices_is_named() -> None:
    free = {key: value for key, value in GPT_4O.items() if key != "prices"}
    assert found(asked(chat=free))["dollars"].endswith("; some models have no prices")
