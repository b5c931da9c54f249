from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imeval.asking.prompts import Prompt
from imeval.asking.requests import (
    Asking,
    Order,
    asked_together,
    gathered,
    images_asked,
    in_order,
    in_order_asked,
    requests_about,
)
from imeval.base import parquet
from imeval.images.contract import ImageIndex

PROMPT = Prompt("Be brief.", "Classes: hen, cock.\n", "\nWhich?")


def images(*names: str) -> pl.DataFrame:
    return pl.DataFrame({"image_id": names, "sha256": [f"sha {name}" for name in names], "data": [b"x"] * len(names)})


def test_images_are_asked_about_together_over_the_borders_of_frames() -> None:
    requests = list(requests_about("m", [images("a", "b", "c"), images("d", "e")], PROMPT, 2))
    assert [request.image_ids for request in requests] == [["a", "b"], ["c", "d"], ["e"]]
    (system, user) = requests[0].messages
    assert (system.role, system.parts) == ("system", ("Be brief.",))
    assert [part if isinstance(part, str) else part.image_id for part in user.parts] == [
        "Classes: hen, cock.\n",
        "a",
        "b",
        "\nWhich?",
    ]


def test_an_instruction_comes_last() -> None:
    (request,) = requests_about("m", [images("a")], PROMPT.instructing("Answer in JSON."))
    assert request.messages[-1].parts[-1] == "\nWhich?\nAnswer in JSON."


@given(st.sets(st.text(min_size=1), max_size=60), st.integers(1, 7), st.integers(1, 5))
def test_every_image_is_asked_about_once_in_the_same_company_whatever_the_number_of_shards(
    names: set[str], images_per_request: int, shards: int
) -> None:
    def requests(shards: int) -> list[tuple[str, ...]]:
        parts = [asked_together(sorted(names), images_per_request, shard, shards) for shard in range(shards)]
        return [
            tuple(part[start : start + images_per_request])
            for part in parts
            for start in range(0, len(part), images_per_request)
        ]

    assert requests(shards) == requests(1)
    assert Counter(name for request in requests(shards) for name in request) == Counter(names)
    assert all(len(request) == images_per_request for request in requests(shards)[:-1])


def classes_asked_together(order: Order) -> list[set[int]]:
    """The classes in each request for ten images out of ten images a class."""
    images = [(f"n{number // 10:08d}_{number}", number // 10) for number in range(100)]
    index = pl.DataFrame(images, schema=["image_id", "imgt"], orient="row")
    classes = dict(images)
    together = in_order(index, order)
    return [{classes[name] for name in together[start : start + 10]} for start in range(0, 100, 10)]


def test_images_of_one_class_are_spread_over_the_requests() -> None:
    assert min(len(classes) for classes in classes_asked_together("random")) > 3


def test_images_of_one_class_come_together_where_that_is_measured() -> None:
    assert classes_asked_together("same_class") == [{number} for number in range(10)]


def indexed(count: int) -> pl.DataFrame:
    """Index images of three a class: n00_0, n00_1, n00_2, n01_3 and so on."""
    rows = [(f"n{number // 3:02d}_{number}", number // 3) for number in range(count)]
    return pl.DataFrame(rows, schema=["image_id", "imgt"], orient="row")


@pytest.mark.parametrize(
    ("order", "seed", "expected"),
    [
        # Seed 0 is the order of versions without a seed: stored answers must be found again.
        ("random", 0, "n00_2 n00_1 n02_7 n01_5 n01_3 n01_4 n00_0 n02_6 n02_8"),
        ("same_class", 0, "n00_2 n00_1 n00_0 n01_5 n01_3 n01_4 n02_7 n02_6 n02_8"),
        ("random", 1, "n02_6 n00_2 n02_7 n00_0 n01_5 n01_3 n01_4 n02_8 n00_1"),
        ("same_class", 1, "n00_2 n00_0 n00_1 n01_5 n01_3 n01_4 n02_6 n02_7 n02_8"),
    ],
)
def test_the_order_is_that_of_its_seed_on_every_machine(order: Order, seed: int, expected: str) -> None:
    assert in_order(indexed(9), order, seed) == expected.split()


def test_another_seed_puts_other_images_into_a_request() -> None:
    index = indexed(60)
    frame = images(*index["image_id"])
    asked = [
        list(requests_about("m", in_order_asked([frame], index, Asking(10, order_seed=seed)), PROMPT, 10))
        for seed in (0, 1)
    ]
    first, second = ([set(request.image_ids) for request in requests] for requests in asked)
    assert set.union(*first) == set.union(*second)
    assert not any(together in second for together in first)
    keys = [{request.request_key for request in requests} for requests in asked]
    assert not keys[0] & keys[1]


def test_a_seed_changes_nothing_where_a_request_has_one_image() -> None:
    frame = images("a", "b", "c")
    assert in_order_asked([frame], indexed(3), Asking(order_seed=7)) == [frame]


def test_images_are_gathered_from_shards_in_the_order_asked() -> None:
    frame = gathered([images("a", "b"), images("c"), images("d")], ["d", "a", "c"])
    assert frame["image_id"].to_list() == ["d", "a", "c"]
    assert frame["sha256"].to_list() == ["sha d", "sha a", "sha c"]


@pytest.mark.parametrize("count", [0, 1])
def test_few_or_no_images_are_no_special_case(count: int) -> None:
    assert len(list(requests_about("m", [images(*"ab"[:count])], PROMPT, 10))) == count


def test_the_images_that_the_shards_ask_about_are_all_images(tmp_path: Path) -> None:
    names = [f"image{number}" for number in range(17)]
    rows = {"image_id": sorted(names), "imgt": [0] * 17, "selected": [True] * 16 + [False], "broken": [False] * 17}
    index = pl.DataFrame(rows, schema=ImageIndex.create_empty().schema)
    parquet.write(tmp_path / "index.parquet", ImageIndex, index)
    shards = [f"0000{number}-of-00003" for number in range(3)]
    assert [images_asked([], tmp_path / "index.parquet", shard, 5) for shard in shards] == [5, 5, 6]
    assert images_asked([tmp_path / "index.parquet"] * 2, None, shards[0], 1) == 34
