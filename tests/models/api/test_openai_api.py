from dataclasses import replace

import pytest
from imeval.base.errors import UserError
from imeval.models.api import openai_api
from imeval.models.api.openai import Settings, load
from models.api.api_jobs import PRICED, request


def test_what_changes_no_answer_changes_no_key(settings: Settings) -> None:
    same = replace(
        settings, base_url="https://other.example/v1", concurrency=1, timeout=1.0, batch=True, max_usd=1.0,
        prices={"input": 1.0, "output": 1.0}, store="elsewhere",
    )  # fmt: skip
    assert load(same).identity == load(settings).identity


@pytest.mark.parametrize(
    "change",
    [
        {"api_model": "gpt-4o-mini"},
        {"revision": "b"},
        {"seed": 1},
        {"max_new_tokens": 9},
        {"image_detail": "low"},
        {"answer_format": "json"},
    ],
)
def test_what_changes_an_answer_changes_the_key(settings: Settings, change: dict[str, object]) -> None:
    assert load(replace(settings, **change)).identity != load(settings).identity  # type: ignore[arg-type]


def test_max_usd_without_prices_is_refused(settings: Settings) -> None:
    with pytest.raises(UserError, match="max_usd: expected prices beside it, found none"):
        load(replace(settings, max_usd=1.0))


def test_the_most_a_request_can_cost_follows_from_the_settings(settings: Settings) -> None:
    priced = replace(settings, **PRICED, max_new_tokens=100)
    # 3 tokens of text and 255 of the image, and as much output as there may be.
    usd = (3 + 255) * 2.5e-6 + 100 * 10e-6
    assert openai_api.highest_usd(priced, request()) == pytest.approx(usd)
    assert openai_api.highest_usd(replace(priced, batch=True), request()) == pytest.approx(usd / 2)
    assert openai_api.highest_usd(settings, request()) == 0.0
