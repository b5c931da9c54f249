import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imeval.asking.cost import Estimate, Prices, Spending, Usage, expected, spent
from imeval.asking.exchange import Request, Response
from imeval.asking.prompts import ImagePart, Message
from imeval.asking.store import open_store

GPT_4O = Prices(input=2.50, cached_input=1.25, output=10.00, batch_discount=0.5)


def request(number: int, prefix: str = "", images: int = 1) -> Request:
    parts = [ImagePart(f"image{number}-{position}", f"{number}-{position}", b"") for position in range(images)]
    return Request("model", 0, (Message("system", (prefix,)), Message("user", (*parts, "Which?"))))


@pytest.mark.parametrize(
    ("size", "tokens"),
    [
        # The two examples of OpenAI's documentation, then photographs of ImageNet.
        ((1024, 1024), 85 + 170 * 4),
        ((2048, 4096), 85 + 170 * 6),
        ((500, 375), 85 + 170),
        ((512, 512), 85 + 170),
        ((513, 512), 85 + 170 * 2),
        ((375, 600), 85 + 170 * 2),
        ((4288, 2848), 85 + 170 * 6),
        ((1, 1), 85 + 170),
    ],
)
def test_an_image_costs_by_its_tiles(size: tuple[int, int], tokens: int) -> None:
    assert Estimate().image(size) == tokens


@given(st.integers(1, 10_000), st.integers(1, 10_000))
def test_a_turned_image_costs_the_same_and_none_more_than_eight_tiles(width: int, height: int) -> None:
    tokens = Estimate().image((width, height))
    assert tokens == Estimate().image((height, width))
    assert 85 + 170 <= tokens <= 85 + 170 * 8


def test_text_costs_a_token_for_every_few_characters() -> None:
    assert Estimate().text("1234567", "8") == 3
    assert Estimate(characters_per_token=2).text("12345") == 3


def test_dollars_are_those_of_the_price_list() -> None:
    usage = Usage(input_tokens=1_000_000, output_tokens=100_000, cached_tokens=400_000)
    assert GPT_4O.usd(usage, batched=False) == pytest.approx(0.6 * 2.50 + 0.4 * 1.25 + 1.00)
    assert GPT_4O.usd(usage, batched=True) == pytest.approx((2.50 + 1.00) / 2)
    assert Prices(2.50, 10.00).usd(usage, batched=False) == pytest.approx(3.50)


def test_a_task_is_estimated_with_and_without_prefix_caching_and_batches() -> None:
    # 5000 tokens of prefix, of which the cache holds 39 steps of 128; 2 tokens after the photograph.
    requests = [request(number, prefix="x" * 20_000, images=2) for number in range(3)]
    estimate = Estimate(characters_per_token=4, output_tokens_per_image=10)
    bill = expected(requests, estimate, lambda image: (500, 375), GPT_4O)
    tokens = 3 * (5000 + 2 + 2 * 255)
    assert bill == {
        "requests": 3,
        "images": 6,
        "input_tokens": tokens,
        "cached_input_tokens": 2 * 4992,
        "output_tokens": 60,
        "usd": round(tokens * 2.50e-6 + 60 * 10e-6, 4),
        "usd_prefix_caching": round((tokens - 2 * 4992) * 2.50e-6 + 2 * 4992 * 1.25e-6 + 60 * 10e-6, 4),
        "usd_batch": round((tokens * 2.50e-6 + 60 * 10e-6) / 2, 4),
        "usd_batch_prefix_caching": round((tokens * 2.50e-6 + 60 * 10e-6) / 2, 4),
    }
    cached_in_batches = expected(requests, estimate, lambda image: (500, 375), replace(GPT_4O, batch_cached_input=0.5))
    assert cached_in_batches["usd_batch_prefix_caching"] == pytest.approx(
        (tokens - 2 * 4992) * 1.25e-6 + 2 * 4992 * 0.5e-6 + 60 * 5e-6, abs=1e-4
    )


def test_images_that_an_answer_misses_are_asked_again_alone_as_often_as_is_expected() -> None:
    requests = [request(number, prefix="x" * 4000, images=5) for number in range(4)]
    estimate = Estimate(characters_per_token=4, output_tokens_per_image=10, repeated_alone=0.1)
    bill = expected(requests, estimate, lambda image: (500, 375), GPT_4O, repeated_alone=True)
    # A tenth of 20 images, each with the prefix of 1000 tokens and the 2 after its own.
    assert (bill["requests"], bill["images"], bill["output_tokens"]) == (4 + 2, 20, 220)
    assert bill["input_tokens"] == 4 * 1002 + 20 * 255 + 2 * (1002 + 255)
    never = expected(requests, estimate, lambda image: (500, 375), GPT_4O)
    assert (never["requests"], never["input_tokens"]) == (4, 4 * 1002 + 20 * 255)


def test_a_short_prefix_is_not_cached() -> None:
    requests = [request(number, prefix="x" * 4 * 1023) for number in range(3)]
    assert expected(requests, Estimate(characters_per_token=4), lambda image: (8, 8), None)["cached_input_tokens"] == 0


def test_without_prices_the_dollars_are_unknown_and_the_tokens_known() -> None:
    bill = expected([request(0)], Estimate(), lambda image: (8, 8), None)
    assert (bill["input_tokens"], bill["usd"], bill["usd_batch"]) == (255 + 2, None, None)


def test_nothing_to_ask_costs_nothing() -> None:
    bill = expected([], Estimate(), lambda image: (8, 8), GPT_4O)
    assert (bill["requests"], bill["usd"], bill["usd_batch"]) == (0, 0.0, 0.0)


def answer(key: str, cached: int = 0, batched: bool = False) -> Response:
    return Response(
        key, "ok", "hen", "stop", input_tokens=1000, output_tokens=10, cached_tokens=cached, batched=batched
    )


def test_what_was_spent_is_told_by_task_over_all_shards(tmp_path: Path) -> None:
    with open_store(tmp_path, "cw-00000-of-00002-demo") as store:
        store.append(answer("a"))
        store.append(Response("x", "error", error="HTTP 500"))
    with open_store(tmp_path, "cw-00001-of-00002") as store:
        store.append(answer("b", cached=512))
    with open_store(tmp_path, "ow-00000-of-00001") as store:
        store.append(answer("c", batched=True))
        store.append(Response("d", "refused", stop_reason="refusal", input_tokens=1000, output_tokens=10))
    assert spent(tmp_path, GPT_4O) == {
        "cw": {
            "answers": 2,
            "input_tokens": 2000,
            "cached_input_tokens": 512,
            "output_tokens": 20,
            "usd": round(2 * 0.0026 - 512 * 1.25e-6, 4),
        },
        "ow": {
            "answers": 2,
            "input_tokens": 2000,
            "cached_input_tokens": 0,
            "output_tokens": 20,
            "usd": round(0.0013 + 0.0026, 4),
        },
    }


def test_without_a_store_nothing_was_spent(tmp_path: Path) -> None:
    assert spent(tmp_path / "none", GPT_4O) == {}
    assert Spending(tmp_path / "none", GPT_4O).usd() == 0.0


def test_spending_follows_the_store_line_by_line(tmp_path: Path) -> None:
    spending = Spending(tmp_path, GPT_4O)
    with open_store(tmp_path, "cw") as store:
        store.append(answer("a"))
        assert spending.usd() == pytest.approx(0.0026)
        assert spending.usd() == pytest.approx(0.0026)
        store.append(answer("b"))
        assert spending.usd() == pytest.approx(0.0052)


def test_a_line_that_is_being_written_counts_when_it_is_whole(tmp_path: Path) -> None:
    spending = Spending(tmp_path, GPT_4O)
    line = json.dumps({"request_key": "a", "status": "ok", "input_tokens": 1000, "output_tokens": 10})
    (tmp_path / "cw.jsonl").write_text(line[:30])
    assert spending.usd() == 0.0
    (tmp_path / "cw.jsonl").write_text(line + "\n")
    assert spending.usd() == pytest.approx(0.0026)
