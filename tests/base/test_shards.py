import re

from hypothesis import given
from hypothesis import strategies as st
from imeval.base import shards


def test_shards_are_named_by_their_number_and_that_of_all() -> None:
    assert shards.all_names(3) == ["00000-of-00003", "00001-of-00003", "00002-of-00003"]


@given(st.integers(1, 200))
def test_a_name_has_the_place_of_its_shard(number: int) -> None:
    names = shards.all_names(number)
    assert [shards.place(name) for name in names] == [(place, number) for place in range(number)]
    assert {shards.first(name) for name in names} == {names[0]}
    assert all(re.fullmatch(shards.PATTERN, name) for name in names)
