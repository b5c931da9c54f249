import hashlib
from collections import Counter
from itertools import chain
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imeval.asking.prompts import Prompt
from imeval.asking.requests import (
    Asking,
    Order,
    Shard,
    asked_together,
    in_order,
    requests_about,
    shard_requests,
)
from imeval.base import parquet
from imeval.images import photographs
from imeval.images.contract import ImageIndex, Images, Photographs

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


@pytest.fixture
def sixty(tmp_path: Path) -> Path:
    """A folder with an image set: twenty images in each of three shards, and one that is not selected."""
    for shard in range(3):
        listed = indexed(60)[20 * shard : 20 * shard + 20]
        data = [name.encode() for name in listed["image_id"]]
        hashes = [hashlib.sha256(part).hexdigest() for part in data]
        frame = listed.with_columns(width=1, height=1, sha256=pl.Series(hashes), data=pl.Series(data))
        parquet.write(tmp_path / f"0000{shard}-of-00003.parquet", Images, frame.cast(Images.create_empty().schema))
    shards = [tmp_path / f"0000{shard}-of-00003.parquet" for shard in range(3)]
    parquet.write(tmp_path / "photographs.parquet", Photographs, photographs.listed(shards))
    index = indexed(61).with_columns(selected=pl.col("image_id") != "n20_60", broken=False)
    parquet.write(tmp_path / "index.parquet", ImageIndex, index.cast(ImageIndex.create_empty().schema))
    return tmp_path


def shard_of(folder: Path, number: int, photographs: str = "photographs.parquet", index: bool = True) -> Shard:
    return Shard(f"0000{number}-of-00003", folder / photographs, folder / "index.parquet" if index else None)


def asked_in_company(folder: Path, asking: Asking) -> list[list[str]]:
    """The images of each request, over all shards."""
    shards = [shard_of(folder, number) for number in range(3)]
    return [request.image_ids for shard in shards for request in shard_requests("m", shard, PROMPT, asking)]


def test_a_request_about_several_images_has_those_of_any_shard_in_their_order(sixty: Path) -> None:
    requests = asked_in_company(sixty, Asking(10))
    assert [name for request in requests for name in request] == in_order(indexed(60), "random")
    assert [len(request) for request in requests] == [10] * 6
    (first, *_) = shard_requests("m", shard_of(sixty, 0), PROMPT, Asking(10))
    parts = [part for part in first.messages[-1].parts if not isinstance(part, str)]
    assert [part.data.decode() for part in parts] == first.image_ids


def test_another_seed_puts_other_images_into_a_request(sixty: Path) -> None:
    first, second = (asked_in_company(sixty, Asking(10, order_seed=seed)) for seed in (0, 1))
    assert sorted(chain.from_iterable(first)) == sorted(chain.from_iterable(second))
    assert not {frozenset(request) for request in first} & {frozenset(request) for request in second}


def test_a_request_about_one_image_has_those_of_the_shard_whatever_the_seed(sixty: Path) -> None:
    shard = shard_of(sixty, 1, "00001-of-00003.parquet", index=False)
    asked = [request.image_ids for request in shard_requests("m", shard, PROMPT, Asking(order_seed=7))]
    assert asked == [[name] for name in indexed(60)["image_id"][20:40]]


@pytest.mark.parametrize("count", [0, 1])
def test_few_or_no_images_are_no_special_case(count: int) -> None:
    assert len(list(requests_about("m", [images(*"ab"[:count])], PROMPT, 10))) == count


def test_the_images_that_the_shards_ask_about_are_all_images(sixty: Path) -> None:
    assert [shard_of(sixty, number).images_asked(7) for number in range(3)] == [21, 21, 18]
    assert shard_of(sixty, 0, "00002-of-00003.parquet", index=False).images_asked(1) == 20
