from pathlib import Path

import pytest
from asking.scripted_chat import ScriptedChat, answered, request
from hypothesis import given
from hypothesis import strategies as st
from imeval.asking.exchange import Response
from imeval.asking.store import kept, open_store
from imeval.base import machine
from imeval.base.errors import UserError
from imeval.base.locks import hold


def test_a_response_is_found_by_the_key_of_its_request(tmp_path: Path) -> None:
    with open_store(tmp_path, "first") as store:
        store.append(Response("k", "ok", text="hen", input_tokens=7))
        assert store["k"].text == "hen"
    with open_store(tmp_path, "second") as store:
        assert store["k"] == Response("k", "ok", text="hen", input_tokens=7)
        assert "l" not in store
    assert kept(tmp_path) == {"k": Response("k", "ok", text="hen", input_tokens=7)}


def test_another_number_of_shards_asks_nothing_again(tmp_path: Path) -> None:
    requests = [request(name, content=name) for name in "abcd"]
    answered(tmp_path, ScriptedChat(), requests[:2], "cw-00000-of-00002")
    answered(tmp_path, ScriptedChat(), requests[2:], "cw-00001-of-00002")
    chat = ScriptedChat()
    answered(tmp_path, chat, requests, "cw-00000-of-00001")
    assert chat.asked == []


@pytest.mark.parametrize(("status", "again"), [("error", True), ("refused", False), ("empty", False)])
def test_only_an_error_is_asked_again(tmp_path: Path, status: str, again: bool) -> None:
    first = answered(tmp_path, ScriptedChat(lambda asked: Response(asked.request_key, status)), [request()])
    assert first == [("a", status)]
    chat = ScriptedChat()
    assert answered(tmp_path, chat, [request()]) == [("a", "ok" if again else status)]
    assert chat.asked == (["a"] if again else [])


def test_wherever_a_file_is_cut_only_the_lost_responses_are_asked_for_again(tmp_path: Path) -> None:
    requests = [request(name, content=name) for name in "abc"]
    answered(tmp_path / "whole", ScriptedChat(), requests)
    whole = (tmp_path / "whole" / "shard.jsonl").read_bytes()
    ends = [end for end in range(1, len(whole) + 1) if whole[end - 1 : end] == b"\n"]
    for cut in {*range(0, len(whole), 7), *ends, *(end - 1 for end in ends)}:
        (tmp_path / "shard.jsonl").write_bytes(whole[:cut])
        chat = ScriptedChat()
        answered(tmp_path, chat, requests)
        assert len(chat.asked) == sum(end > cut for end in ends)
        assert (tmp_path / "shard.jsonl").read_bytes() == whole


def test_a_last_line_that_is_no_response_is_removed(tmp_path: Path) -> None:
    answered(tmp_path, ScriptedChat(), [request()])
    whole = (tmp_path / "shard.jsonl").read_bytes()
    (tmp_path / "shard.jsonl").write_bytes(whole + b"\x00" * 80 + b"\n")
    chat = ScriptedChat()
    answered(tmp_path, chat, [request()])
    assert chat.asked == []
    assert (tmp_path / "shard.jsonl").read_bytes() == whole


@pytest.mark.parametrize(
    "line", [b"", b"{", b"5", b'{"request_key": "k"}', b'{"request_key": "k", "status": "lost"}', b"\xff"]
)
def test_a_damaged_line_in_the_middle_is_named_by_file_and_line(tmp_path: Path, line: bytes) -> None:
    answered(tmp_path, ScriptedChat(), [request(name, content=name) for name in "ab"])
    first, second = (tmp_path / "shard.jsonl").read_bytes().splitlines()
    (tmp_path / "shard.jsonl").write_bytes(b"\n".join([first, line, second, b""]))
    with pytest.raises(UserError, match=r"shard\.jsonl, line 2: response: expected one JSON object"):
        answered(tmp_path, ScriptedChat(), [])


def test_two_processes_never_ask_the_same_at_once(tmp_path: Path) -> None:
    with open(tmp_path / "shard.jsonl", "ab") as other:
        hold(other)
        with pytest.raises(
            UserError, match=r"shard\.jsonl: job: expected no other with the same requests, found a running one"
        ):
            answered(tmp_path, ScriptedChat(), [request()])


def test_the_line_another_job_is_writing_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "other.jsonl").write_bytes(b'{"request_key": "k", "sta')
    answered(tmp_path, ScriptedChat(), [request()], "mine")
    assert (tmp_path / "other.jsonl").read_bytes() == b'{"request_key": "k", "sta'


def test_the_machine_of_new_responses_is_noted_beside_them_and_that_of_a_reader_is_not(tmp_path: Path) -> None:
    answered(tmp_path, ScriptedChat(), [request()], "first")
    answered(tmp_path, ScriptedChat(), [request()], "second")
    assert machine.read_note(tmp_path / "first.json")["machines"] == [machine.this_machine()]
    assert not (tmp_path / "second.json").exists()


@given(st.text(min_size=1).filter(str.strip))
def test_any_text_comes_back_from_the_store_as_it_went_in(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("store")
    with open_store(folder, "shard") as store:
        store.append(Response("k", "ok", text=text))
    with open_store(folder, "shard") as store:
        assert store["k"].text == text
