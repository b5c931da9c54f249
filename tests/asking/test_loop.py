import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imeval.asking.contract import Responses
from imeval.asking.exchange import Request, Response
from imeval.asking.loop import answer_all
from imeval.asking.prompts import ImagePart, Message
from imeval.asking.store import open_store
from imeval.base import machine, parquet
from imeval.base.errors import UserError
from imeval.base.locks import hold


def request(
    image_id: str = "a", model: str = "m", run: int = 0, content: str = "1", text: str = "What is it?"
) -> Request:
    image = ImagePart(image_id, content * 64, content.encode())
    return Request(model, run, (Message("system", ("Be brief.",)), Message("user", ("", image, text))))


class Chat:
    """Says "tench" about every photograph, or what `says` tells, and remembers what it was asked."""

    def __init__(self, **says: Response) -> None:
        self.says = says
        self.asked: list[str] = []

    @property
    def identity(self) -> str:
        return "m"

    def answer(self, requests: Iterable[Request]) -> Iterator[Response]:
        for request in requests:
            (image_id,) = request.image_ids
            self.asked.append(image_id)
            yield self.says.get(image_id) or Response(request.request_key, "ok", text="tench")


def answered(folder: Path, chat: Chat, requests: Iterable[Request], writer: str = "shard") -> list[tuple[str, str]]:
    with open_store(folder, writer) as store:
        frame = answer_all(chat, requests, store)
    return list(Responses.validate(frame).select("image_id", "status").iter_rows())


def test_a_request_has_the_same_key_tomorrow() -> None:
    # A change of this key asks, and pays for, everything again.
    assert request().request_key == "8da32e6f4fab7cc10c57442289a662bb818d9a5443d025ade612e4f351eb04d9"


def test_the_key_leaves_out_what_cannot_change_the_answer() -> None:
    assert request(image_id="a").request_key == request(image_id="b").request_key


@pytest.mark.parametrize("change", [{"model": "n"}, {"run": 1}, {"content": "2"}, {"text": "What is that?"}])
def test_the_key_holds_what_determines_the_answer(change: dict[str, str]) -> None:
    assert request(**change).request_key != request().request_key


@given(st.lists(st.text(), min_size=1), st.lists(st.text(), min_size=1))
def test_different_messages_never_share_a_key(one: list[str], other: list[str]) -> None:
    keys = [Request("m", 0, (Message("user", tuple(parts)),)).request_key for parts in (one, other)]
    assert (keys[0] == keys[1]) == (one == other)


@pytest.mark.parametrize(
    ("text", "cut_off", "status"),
    [("a tench", False, "ok"), ("a ten", True, "truncated"), (" \n", False, "empty"), ("", True, "empty")],
)
def test_what_a_model_said_has_a_status(text: str, cut_off: bool, status: str) -> None:
    response = Response.said(request(), text, cut_off=cut_off, stop_reason="stop", input_tokens=9, output_tokens=2)
    assert response.status == status
    assert response.text == (text if status in ("ok", "truncated") else None)


@pytest.mark.parametrize(("status", "text"), [("error", "tench"), ("refused", "no"), ("ok", None), ("lost", None)])
def test_an_error_never_passes_for_an_answer(status: str, text: str | None) -> None:
    with pytest.raises(ValueError, match=status):
        Response("k", status, text=text)


def test_an_answer_is_one_row_of_the_contract(tmp_path: Path) -> None:
    said = Response.said(request("b"), "hen", cut_off=False, stop_reason="stop", input_tokens=7, output_tokens=1)
    with open_store(tmp_path, "shard") as store:
        frame = answer_all(Chat(b=said), [request("b")], store)
    assert Responses.validate(frame).to_dicts() == [
        {
            "image_id": "b", "run": 0, "request_key": request("b").request_key, "position": 1, "text": "hen",
            "status": "ok", "stop_reason": "stop", "error": None, "attempts": 1, "input_tokens": 7, "output_tokens": 1,
        }
    ]  # fmt: skip


def test_what_was_answered_is_not_asked_again(tmp_path: Path) -> None:
    requests = [request("a", content="1"), request("b", content="2"), request("c", content="3")]
    answered(tmp_path, Chat(), requests[:2])
    chat = Chat()
    assert answered(tmp_path, chat, requests) == [("a", "ok"), ("b", "ok"), ("c", "ok")]
    assert chat.asked == ["c"]


def test_another_number_of_shards_asks_nothing_again(tmp_path: Path) -> None:
    requests = [request(name, content=name) for name in "abcd"]
    answered(tmp_path, Chat(), requests[:2], "cw-00000-of-00002")
    answered(tmp_path, Chat(), requests[2:], "cw-00001-of-00002")
    chat = Chat()
    answered(tmp_path, chat, requests, "cw-00000-of-00001")
    assert chat.asked == []


def test_equal_photographs_are_asked_about_once(tmp_path: Path) -> None:
    chat = Chat()
    assert answered(tmp_path, chat, [request("a"), request("b")]) == [("a", "ok"), ("b", "ok")]
    assert chat.asked == ["a"]


@pytest.mark.parametrize(("status", "again"), [("error", True), ("refused", False), ("empty", False)])
def test_only_an_error_is_asked_again(tmp_path: Path, status: str, again: bool) -> None:
    first = answered(tmp_path, Chat(a=Response(request().request_key, status)), [request()])
    assert first == [("a", status)]
    chat = Chat()
    assert answered(tmp_path, chat, [request()]) == [("a", "ok" if again else status)]
    assert chat.asked == (["a"] if again else [])


def test_a_run_that_fails_keeps_its_answers(tmp_path: Path) -> None:
    def breaking() -> Iterator[Request]:
        yield request("a", content="1")
        raise OSError("the photographs are gone")

    with pytest.raises(OSError, match="gone"):
        answered(tmp_path, Chat(), breaking())
    chat = Chat()
    answered(tmp_path, chat, [request("a", content="1")])
    assert chat.asked == []


def test_wherever_a_file_is_cut_only_the_answer_under_the_cut_is_asked_again(tmp_path: Path) -> None:
    requests = [request(name, content=name) for name in "abc"]
    answered(tmp_path / "whole", Chat(), requests)
    whole = (tmp_path / "whole" / "shard.jsonl").read_bytes()
    ends = [end for end in range(1, len(whole) + 1) if whole[end - 1 : end] == b"\n"]
    for cut in {*range(0, len(whole), 7), *ends, *(end - 1 for end in ends)}:
        (tmp_path / "shard.jsonl").write_bytes(whole[:cut])
        chat = Chat()
        answered(tmp_path, chat, requests)
        assert len(chat.asked) == sum(end > cut for end in ends)
        assert (tmp_path / "shard.jsonl").read_bytes() == whole


def test_a_last_line_that_is_no_answer_is_dropped(tmp_path: Path) -> None:
    answered(tmp_path, Chat(), [request()])
    whole = (tmp_path / "shard.jsonl").read_bytes()
    (tmp_path / "shard.jsonl").write_bytes(whole + b"\x00" * 80 + b"\n")
    chat = Chat()
    answered(tmp_path, chat, [request()])
    assert chat.asked == []
    assert (tmp_path / "shard.jsonl").read_bytes() == whole


@pytest.mark.parametrize(
    "line", [b"", b"{", b"5", b'{"request_key": "k"}', b'{"request_key": "k", "status": "lost"}', b"\xff"]
)
def test_a_damaged_line_in_the_middle_is_named_by_file_and_line(tmp_path: Path, line: bytes) -> None:
    answered(tmp_path, Chat(), [request(name, content=name) for name in "ab"])
    first, second = (tmp_path / "shard.jsonl").read_bytes().splitlines()
    (tmp_path / "shard.jsonl").write_bytes(b"\n".join([first, line, second, b""]))
    with pytest.raises(UserError, match=r"shard\.jsonl, line 2: response: expected one JSON object"):
        answered(tmp_path, Chat(), [])


def test_two_processes_never_ask_the_same_at_once(tmp_path: Path) -> None:
    with open(tmp_path / "shard.jsonl", "ab") as other:
        hold(other)
        with pytest.raises(UserError, match=r"shard\.jsonl: job: expected no other that asks the same, found one"):
            answered(tmp_path, Chat(), [request()])


def test_the_line_another_job_is_writing_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "other.jsonl").write_bytes(b'{"request_key": "k", "sta')
    answered(tmp_path, Chat(), [request()], "mine")
    assert (tmp_path / "other.jsonl").read_bytes() == b'{"request_key": "k", "sta'


def test_the_machine_that_gave_answers_is_noted_beside_them_and_one_that_only_reads_them_is_not(tmp_path: Path) -> None:
    answered(tmp_path, Chat(), [request()], "first")
    answered(tmp_path, Chat(), [request()], "second")
    assert machine.read_note(tmp_path / "first.json")["machines"] == [machine.this_machine()]
    assert not (tmp_path / "second.json").exists()


@given(st.text(min_size=1).filter(str.strip))
def test_any_text_comes_back_from_the_store_as_it_went_in(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("store")
    with open_store(folder, "shard") as store:
        store.append(Response("k", "ok", text=text))
    with open_store(folder, "shard") as store:
        assert store["k"].text == text


KILLED_AT_EVERY_THIRD_REQUEST = """
import os, signal, sys
from imeval.asking.contract import Responses
from imeval.asking.exchange import Request, Response
from imeval.asking.loop import answer_all
from imeval.asking.prompts import ImagePart, Message
from imeval.asking.store import open_store
from imeval.base import parquet

class Chat:
    identity = "m"
    def answer(self, requests):
        for number, request in enumerate(requests, start=1):
            with open("asked", "a") as file:
                file.write(request.request_key + "\\n")
            if number == 3:
                os.kill(os.getpid(), signal.SIGKILL)
            yield Response(request.request_key, "ok", text=f"answer {request.request_key}")

images = [ImagePart(f"{number}", f"{number}" * 64, b"") for number in range(7)]
requests = [Request("m", 0, (Message("user", (image,)),)) for image in images]
with open_store("store", "shard") as store:
    parquet.write("responses.parquet", Responses, answer_all(Chat(), requests, store))
"""


def test_a_killed_run_never_asks_again_what_was_answered(tmp_path: Path) -> None:
    package = Path(parquet.__file__).parents[2]
    program = f"import sys; sys.path.insert(0, {str(package)!r})\n{KILLED_AT_EVERY_THIRD_REQUEST}"
    codes = []
    while not (tmp_path / "responses.parquet").exists():
        codes.append(subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=False).returncode)
    # Two answers a run, and one request that was killed before its answer.
    assert codes == [-9, -9, -9, 0]
    lines = [json.loads(line) for line in (tmp_path / "store" / "shard.jsonl").read_text().splitlines()]
    assert len({line["request_key"] for line in lines}) == len(lines) == 7
    assert len((tmp_path / "asked").read_text().split()) == 7 + 3
    frame = parquet.read(tmp_path / "responses.parquet", Responses)
    assert frame["text"].to_list() == [f"answer {key}" for key in frame["request_key"]]
    assert frame["image_id"].to_list() == ["0", "1", "2", "3", "4", "5", "6"]
