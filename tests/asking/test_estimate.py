from dataclasses import replace

import polars as pl
import pytest
from imeval.asking import estimate
from imeval.asking.estimate import expected
from imeval.asking.exchange import Request
from imeval.asking.prices import Prices
from imeval.asking.prompts import ImagePart, Message
from imeval.asking.tokens import Estimate

GPT_4O = Prices(input=2.50, cached_input=1.25, output=10.00, batch_discount=0.5)


def request(number: int, prefix: str = "", images: int = 1) -> Request:
    parts = [ImagePart(f"image{number}-{position}", f"{number}-{position}", b"") for position in range(images)]
    return Request("model", 0, (Message("system", (prefix,)), Message("user", (*parts, "Which?"))))


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
        "reasoning_tokens": 0,
        "usd": round(tokens * 2.50e-6 + 60 * 10e-6, 4),
        "usd_prefix_caching": round((tokens - 2 * 4992) * 2.50e-6 + 2 * 4992 * 1.25e-6 + 60 * 10e-6, 4),
        "usd_batch": round((tokens * 2.50e-6 + 60 * 10e-6) / 2, 4),
        "usd_batch_prefix_caching": round((tokens * 2.50e-6 + 60 * 10e-6) / 2, 4),
    }
    cached_in_batches = expected(requests, estimate, lambda image: (500, 375), replace(GPT_4O, batch_cached_input=0.5))
    assert cached_in_batches["usd_batch_prefix_caching"] == pytest.approx(
        (tokens - 2 * 4992) * 1.25e-6 + 2 * 4992 * 0.5e-6 + 60 * 5e-6, abs=1e-4
    )


def test_thoughts_cost_as_much_as_answers() -> None:
    requests = [request(number, images=2) for number in range(3)]
    estimate = Estimate(output_tokens_per_image=10, reasoning_tokens_per_request=500)
    bill = expected(requests, estimate, lambda image: (500, 375), GPT_4O)
    without = expected(requests, replace(estimate, reasoning_tokens_per_request=0), lambda image: (500, 375), GPT_4O)
    assert (bill["output_tokens"], bill["reasoning_tokens"]) == (60 + 1500, 1500)
    assert bill["usd"] == pytest.approx(without["usd"] + 1500 * 10e-6, abs=1e-4)


def test_images_that_an_answer_misses_are_asked_again_alone_as_often_as_is_expected() -> None:
    requests = [request(number, prefix="x" * 4000, images=5) for number in range(4)]
    estimate = Estimate(characters_per_token=4, output_tokens_per_image=10, repeated_alone=0.1)
    bill = expected(requests, estimate, lambda image: (500, 375), GPT_4O, repeated_alone=True)
    # A tenth of 20 images, each with the prefix of 1000 tokens and the 2 after its own.
    assert (bill["requests"], bill["images"], bill["output_tokens"]) == (4 + 2, 20, 220)
    assert bill["input_tokens"] == 4 * 1002 + 20 * 255 + 2 * (1002 + 255)
    never = expected(requests, estimate, lambda image: (500, 375), GPT_4O)
    assert (never["requests"], never["input_tokens"]) == (4, 4 * 1002 + 20 * 255)


def test_an_image_that_is_alone_in_its_request_is_not_expected_to_be_asked_again() -> None:
    requests = [request(number, images=1) for number in range(20)]
    estimate = Estimate(output_tokens_per_image=10, repeated_alone=0.1)
    bill = expected(requests, estimate, lambda image: (500, 375), None, repeated_alone=True)
    assert (bill["requests"], bill["output_tokens"]) == (20, 200)


def test_a_short_prefix_is_not_cached() -> None:
    requests = [request(number, prefix="x" * 4 * 1023) for number in range(3)]
    assert expected(requests, Estimate(characters_per_token=4), lambda image: (8, 8), None)["cached_input_tokens"] == 0


def test_without_prices_the_dollars_are_unknown_and_the_tokens_known() -> None:
    bill = expected([request(0)], Estimate(), lambda image: (8, 8), None)
    assert (bill["input_tokens"], bill["usd"], bill["usd_batch"]) == (255 + 2, None, None)


def test_nothing_to_ask_costs_nothing() -> None:
    bill = expected([], Estimate(), lambda image: (8, 8), GPT_4O)
    assert (bill["requests"], bill["usd"], bill["usd_batch"]) == (0, 0.0, 0.0)


def listed(*rows: tuple[str, str, int, float | None, bool]) -> pl.DataFrame:
    found = [
        dict.fromkeys(estimate.EXPECTED)
        | {"model": model, "task": task, "requests": count, "images": count, "usd": usd, "estimated": estimated}
        | {"usd_batch": None if usd is None else usd / 2}
        for model, task, count, usd, estimated in rows
    ]
    return pl.DataFrame(found, schema=estimate.EXPECTED)


def test_a_row_a_model_and_one_of_all_add_up_the_others() -> None:
    rows = listed(("a", "cw", 10, 1.5, False), ("a", "mc.x", 20, 2.0, True), ("b", "cw", 5, None, False))
    totals = estimate.with_totals(rows)[3:]
    assert totals.select("model", "task", "requests", "usd", "estimated").rows() == [
        ("a", "total", 30, 3.5, True),
        ("total", "total", 35, None, True),
    ]
    assert estimate.in_words(rows).splitlines() == [
        "a: 30 requests about 30 images, 3.50 dollars, 1.75 in batches, by the number of images alone",
        "b: 5 requests about 5 images, no prices, so unknown dollars",
        "total: 35 requests about 35 images, no prices, so unknown dollars, by the number of images alone",
    ]


def test_one_row_needs_no_total() -> None:
    rows = listed(("a", "cw", 10, 1.5, False))
    assert estimate.with_totals(rows).equals(rows)
    assert estimate.in_words(listed()) == ""
