import logging
import os
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imeval.asking import store_index
from imeval.asking.exchange import Response
from imeval.asking.store_index import StoreIndex
from imeval.base.sealed import sealed


def line(key: str, text: str = "hen", status: str = "ok") -> bytes:
    return sealed(asdict(Response(key, status, text=text if status == "ok" else None))) + b"\n"


def found(folder: Path, keys: Iterable[str]) -> dict[str, str | None]:
    """The texts of the responses that a store has to some requests."""
    index = StoreIndex(folder)
    responses = {key: index.find(key) for key in keys}
    return {key: response.text for key, response in responses.items() if response}


def at_rest(path: Path) -> None:
    """Let a file have been changed a minute ago."""
    then = path.stat().st_mtime - 60
    os.utime(path, (then, then))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "cw.jsonl"
    path.write_bytes(line("a", "hen") + line("b", "tench") + line("c", status="error"))
    at_rest(path)
    assert found(tmp_path, "abc") == {"a": "hen", "b": "tench"}
    return path


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The lines that are read."""
    lines: list[bytes] = []
    parsed = store_index.parsed
    monkeypatch.setattr(store_index, "parsed", lambda line: lines.append(line) or parsed(line))
    return lines


def test_a_store_that_has_an_index_is_opened_without_reading_its_lines(file: Path, read: list[bytes]) -> None:
    index = StoreIndex(file.parent)
    assert read == []
    assert index.find("b") == Response("b", "ok", text="tench")
    assert index.find("z") is None
    assert len(read) == 1


def test_of_two_responses_to_a_request_the_last_counts_and_an_error_never(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(line("k", "hen") + line("k", "cock"))
    assert found(tmp_path, "k") == {"k": "cock"}
    (tmp_path / "b.jsonl").write_bytes(line("k", "tench") + line("k", status="error"))
    assert found(tmp_path, "k") == {"k": "tench"}
    assert [response.text for response in StoreIndex(tmp_path).responses()] == ["hen", "cock", "tench"]


def test_lines_that_another_job_appended_are_found_and_only_they_are_read(file: Path, read: list[bytes]) -> None:
    with open(file, "ab") as appended:
        appended.write(line("d", "owl") + line("e", "jay")[:-1])
    StoreIndex(file.parent)
    assert len(read) == 1
    # The line that is being written is none yet.
    assert found(file.parent, "abcde") == {"a": "hen", "b": "tench", "d": "owl"}
    with open(file, "ab") as appended:
        appended.write(b"\n")
    assert found(file.parent, "abcde") == {"a": "hen", "b": "tench", "d": "owl", "e": "jay"}


@pytest.mark.parametrize(
    "changed",
    [
        line("b", "tench"),
        line("b", "tench") + line("a", "hen"),
        line("a", "cow") + line("b", "tench") + line("d"),
        line("d") + line("b", "tench") + line("a", "hen") + line("e"),
        b"",
    ],
)
def test_an_edited_file_is_read_anew(file: Path, changed: bytes) -> None:
    file.write_bytes(changed)
    expected = {key: text for key, text in (("a", "cow"), ("a", "hen"), ("b", "tench"), ("d", "hen"), ("e", "hen"))
                if line(key, text) in changed}  # fmt: skip
    assert found(file.parent, "abde") == expected


def test_a_file_that_was_edited_within_a_tick_of_the_clock_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "cw.jsonl"
    path.write_bytes(line("a", "hen"))
    times = path.stat()
    assert found(tmp_path, "a") == {"a": "hen"}
    path.write_bytes(line("a", "owl"))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert found(tmp_path, "a") == {"a": "owl"}


@given(st.data())
def test_whichever_bit_of_an_index_flips_the_same_answers_are_found(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("store")
    path = folder / "cw.jsonl"
    path.write_bytes(line("a", "hen") + b"{\n" + line("b", "tench"))
    at_rest(path)
    assert found(folder, "ab") == {"a": "hen", "b": "tench"}
    content = bytearray((folder / "cw.index").read_bytes())
    bit = data.draw(st.integers(0, len(content) * 8 - 1))
    content[bit // 8] ^= 1 << bit % 8
    (folder / "cw.index").write_bytes(content)
    assert found(folder, "abc") == {"a": "hen", "b": "tench"}


@pytest.mark.parametrize("content", [b"", b"\n", b"{}\n", b"5\n", b"\xff\xfe", b"x" * 500])
def test_something_else_in_place_of_an_index_is_made_one(file: Path, content: bytes) -> None:
    index = file.with_suffix(".index")
    whole = index.read_bytes()
    index.write_bytes(content)
    assert found(file.parent, "ab") == {"a": "hen", "b": "tench"}
    assert len(index.read_bytes()) == len(whole)


def test_damage_is_named_each_time_a_store_is_opened(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    with open(file, "ab") as appended:
        appended.write(b"{\n")
    at_rest(file)
    for _ in range(2):
        caplog.clear()
        StoreIndex(file.parent)
        assert f"{file}: damaged, so what is lost there is asked for again: line 4 (" in caplog.text


def test_a_response_that_was_damaged_behind_the_back_of_the_index_is_none_and_is_named(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    times = file.stat()
    with open(file, "r+b") as disk:
        disk.write(line("a", "cow")[:40])
        disk.seek(len(line("a")) - 20)
        disk.write(b"?")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    with caplog.at_level(logging.WARNING):
        assert found(file.parent, "ab") == {"b": "tench"}
    assert f"{file}: damaged, so what is lost there is asked for again: the line at byte 0 (" in caplog.text


def test_two_requests_whose_keys_have_the_same_hash_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_index, "_hash", lambda key: 7)
    (tmp_path / "cw.jsonl").write_bytes(line("a", "hen") + line("b", "tench"))
    assert found(tmp_path, "abc") == {"a": "hen", "b": "tench"}


def test_a_store_that_has_no_room_for_an_index_is_read_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store_index, "NamedTemporaryFile", full)
    (tmp_path / "cw.jsonl").write_bytes(line("a"))
    assert found(tmp_path, "a") == {"a": "hen"}
    assert [path.name for path in tmp_path.iterdir()] == ["cw.jsonl"]


def test_an_empty_store_has_no_responses(tmp_path: Path) -> None:
    (tmp_path / "cw.jsonl").touch()
    assert found(tmp_path, "a") == {}
    assert list(StoreIndex(tmp_path).responses()) == []
