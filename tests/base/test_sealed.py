import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imeval.base.sealed import DAMAGE, sealed, unsealed

RECORD = {"tag": "a", "usd": 0.25, "keys": ["k"]}
JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5)


@given(st.dictionaries(st.text(), JSON))
def test_a_record_comes_back(record: dict[str, Any]) -> None:
    assert unsealed(sealed(record), record.keys()) == record


def test_the_checksum_is_the_last_field() -> None:
    assert sealed({"tag": "a"}) == b'{"tag": "a", "crc32": "6843625d"}'


@given(st.integers(0, 8 * len(sealed(RECORD)) - 1))
def test_a_flipped_bit_shows(bit: int) -> None:
    line = bytearray(sealed(RECORD))
    line[bit // 8] ^= 1 << bit % 8
    with pytest.raises(DAMAGE):
        unsealed(bytes(line), RECORD.keys())


def test_fields_of_a_later_version_are_left_out_and_without_a_checksum_taken_for_damage() -> None:
    assert unsealed(sealed(RECORD | {"region": "eu"}), RECORD.keys()) == RECORD
    assert unsealed(json.dumps(RECORD).encode(), RECORD.keys()) == RECORD
    with pytest.raises(ValueError, match="unknown field 'region'"):
        unsealed(json.dumps(RECORD | {"region": "eu"}).encode(), RECORD.keys())
