import re

from hypothesis import given
from hypothesis import strategies as st
from imeval import shard_names


def test_shards_are_named_by_their_number_and_that_of_all() -> None:
    assert shard_names.all_names(3) == ["00000-of-00003", "00001-of-00003", "00002-of-00003"]


@given(st.integers(1, 200))
def test_a_name_tells_the_place_of_its_shard(shards: int) -> None:
    names = shard_names.all_names(shards)
    assert [shard_names.place(name) for name in names] == [(number, shards) for number in range(shards)]
    assert all(re.fullmatch(shard_names.PATTERN, name) for name in names)
