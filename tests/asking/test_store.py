import errno
import json
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import pytest
from asking.scripted_chat import ScriptedChat, answered, request
from hypothesis import given
from hypothesis import strategies as st
from imeval.asking import store as store_module
from imeval.asking.exchange import Response
from imeval.asking.store import kept, open_store
from imeval.base import machine
from imeval.base.errors import UserError
from imeval.base.locks import hold


@pytest.fixture(autouse=True, scope="module")
def little_room() -> Iterator[None]:
    """The room that a store keeps free on the disk: a megabyte for each of two thousand stores takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store_module, "_ROOM", 1024)
        yield


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
        # A response whose line break alone is lost is whole.
        assert len(chat.asked) == sum(end - 1 > cut for end in ends)
        assert (tmp_path / "shard.jsonl").read_bytes() == whole


class Disk:
    """A disk with room for some writes, and for one more when `room` is given up."""

    def __init__(self, writes: int) -> None:
        self.writes = writes
        self.file: IO[bytes] | None = None

    def room(self, **options: Any) -> IO[bytes]:
        self.file = TemporaryFile(**options)  # noqa: SIM115
        return self.file

    def sync(self, _: int) -> None:
        assert self.file is not None
        self.writes -= 1
        if self.writes < 0 and not (self.file.closed and self.writes == -2):
            raise OSError(errno.ENOSPC, "No space left on device")


def test_on_a_full_disk_the_answers_under_way_are_kept_in_room_that_was_kept_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(writes=2)
    with open_store(tmp_path, "cw") as whole:
        for key in "abc":
            whole.append(Response(key, "ok", text="hen"))
    expected = (tmp_path / "cw.jsonl").read_bytes()
    monkeypatch.setattr(store_module, "TemporaryFile", disk.room)
    monkeypatch.setattr(os, "fsync", disk.sync)
    monkeypatch.setattr(machine, "write_note", lambda *_, **__: None)
    with open_store(tmp_path / "full", "cw") as store:
        store.append(Response("a", "ok", text="hen"))
        store.append(Response("b", "ok", text="hen"))
        with pytest.raises(OSError, match="No space left"):
            store.append(Response("c", "ok", text="hen"))
        assert "c" in store
        # Without any room the answer is lost, and half of it does not stand in the file.
        with pytest.raises(OSError, match="No space left"):
            store.append(Response("d", "ok", text="hen"))
        assert "d" not in store
    assert (tmp_path / "full" / "cw.jsonl").read_bytes() == expected


def test_half_a_line_is_taken_back_when_the_job_is_stopped_within_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with open_store(tmp_path, "cw") as store:
        store.append(Response("a", "ok", text="hen"))
        size = (tmp_path / "cw.jsonl").stat().st_size
        with monkeypatch.context() as stopped:
            stopped.setattr(os, "fsync", stop)
            with pytest.raises(KeyboardInterrupt):
                store.append(Response("b", "ok", text="hen"))
        assert (tmp_path / "cw.jsonl").stat().st_size == size
        assert "b" not in store


def test_what_was_cut_short_is_put_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    answered(tmp_path, ScriptedChat(), [request()])
    path = tmp_path / "shard.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"request_key": "k", "sta')
    answered(tmp_path, ScriptedChat(), [])
    assert path.read_bytes() == whole
    assert (tmp_path / "shard.jsonl.damaged").read_bytes() == b'{"request_key": "k", "sta\n'
    assert f"{path}: the last line was cut short; it is in {path}.damaged" in caplog.text


def test_whichever_bit_of_a_store_flips_no_answer_changes_and_none_is_lost_in_silence(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    answered(tmp_path, ScriptedChat(lambda asked: asked.image_ids[0]), [request(name, content=name) for name in "ab"])
    path = tmp_path / "shard.jsonl"
    whole, before = path.read_bytes(), kept(tmp_path)
    assert len(before) == 2
    for bit in range(0, len(whole) * 8, 7):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        caplog.clear()
        with open_store(tmp_path, "shard") as store:
            found = {key: store[key] for key in before if key in store}
        assert found.items() <= before.items(), bit
        assert found == before or str(path) in caplog.text, bit
        # Only the response with the flipped bit is lost, even if it is that of a line break.
        assert len(found) >= (1 if flipped.count(b"\n") == 2 else 2), bit


@pytest.mark.parametrize(
    "line", [b"", b"{", b"5", b'{"request_key": "k"}', b'{"request_key": "k", "status": "lost"}', b"\xff", b"\x00" * 80]
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_damaged_line_is_named_and_left_where_it_is_and_the_others_are_read(
    tmp_path: Path, line: bytes, place: int, caplog: pytest.LogCaptureFixture
) -> None:
    requests = [request(name, content=name) for name in "ab"]
    answered(tmp_path, ScriptedChat(), requests)
    path = tmp_path / "shard.jsonl"
    lines = path.read_bytes().splitlines()
    lines.insert(place, line)
    path.write_bytes(b"\n".join([*lines, b""]))
    chat = ScriptedChat()
    answered(tmp_path, chat, requests)
    assert chat.asked == []
    assert path.read_bytes().splitlines() == lines
    assert f"{path}: damaged, so what is lost there is asked for again: line {place + 1} (" in caplog.text


def test_lines_of_an_earlier_version_have_no_checksum_and_those_of_a_later_one_may_have_more_fields(
    tmp_path: Path,
) -> None:
    earlier = b'{"request_key": "k", "status": "ok", "text": "hen", "attempts": 1}'
    later = b'{"request_key": "l", "status": "ok", "text": "tench", "mood": "calm"}'
    checksum = b', "crc32": "%08x"}' % zlib.crc32(later)
    (tmp_path / "shard.jsonl").write_bytes(earlier + b"\n" + later[:-1] + checksum + b"\n")
    assert kept(tmp_path) == {"k": Response("k", "ok", text="hen"), "l": Response("l", "ok", text="tench")}


@pytest.mark.parametrize("note", ["", "[", "5", "{}"])
def test_a_damaged_note_of_the_machine_stops_no_job(tmp_path: Path, note: str) -> None:
    (tmp_path / "shard.json").write_text(note)
    assert answered(tmp_path, ScriptedChat(), [request()]) == [("a", "ok")]
    assert machine.read_note(tmp_path / "shard.json")["machines"] == [machine.this_machine()]


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


def test_thoughts_stay_on_the_disk(tmp_path: Path) -> None:
    with open_store(tmp_path, "shard") as store:
        store.append(Response("k", "ok", text="hen", reasoning="red comb", reasoning_tokens=3))
        assert store["k"] == Response("k", "ok", text="hen", reasoning_tokens=3)
    assert '"reasoning": "red comb"' in (tmp_path / "shard.jsonl").read_text()
    assert kept(tmp_path) == {"k": Response("k", "ok", text="hen", reasoning_tokens=3)}


def test_what_an_earlier_version_kept_of_an_odd_server_can_still_be_read(tmp_path: Path) -> None:
    old = {"request_key": "k", "status": "ok", "text": "hen\ud800", "input_tokens": 1.5, "output_tokens": [2]}
    (tmp_path / "shard.jsonl").write_text(json.dumps(old) + "\n")
    assert kept(tmp_path) == {"k": Response("k", "ok", text="hen\ufffd")}
