from dataclasses import asdict

import pytest
from imeval.asking.exchange import Response
from imeval.asking.store_lines import damage, parsed, responses_of
from imeval.base.sealed import sealed

HEN = Response("k", "ok", text="hen", reasoning="red comb")
LINE = sealed(asdict(HEN))


def test_a_line_holds_a_response_whose_thoughts_are_left_out() -> None:
    assert parsed(LINE) == Response("k", "ok", text="hen")


def test_of_a_damaged_line_what_is_whole_is_read() -> None:
    other = sealed(asdict(Response("l", "ok", text="tench")))
    assert responses_of(LINE + b" " + other) == [Response("k", "ok", text="hen"), Response("l", "ok", text="tench")]
    assert responses_of(LINE.replace(b"hen", b"cow") + other) == [Response("l", "ok", text="tench")]
    assert responses_of(LINE[:-9]) == []


def test_damage_is_described_by_its_request_if_it_can_be_read() -> None:
    key = "0f" * 32
    assert damage(b'{"request_key": "%s", "sta' % key.encode(), ValueError("cut")) == f"(cut; request {key})"
    assert damage(b"\x00", ValueError("cut")) == "(cut; request unknown)"


def test_a_line_whose_checksum_differs_is_no_response() -> None:
    with pytest.raises(ValueError, match="its checksum differs"):
        parsed(LINE.replace(b"hen", b"cow"))
