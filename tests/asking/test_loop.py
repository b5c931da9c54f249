import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from asking.scripted_chat import ScriptedChat, answered, request
from imeval.asking.contract import Responses
from imeval.asking.exchange import AnswerFormat, Request, Response
from imeval.asking.loop import answer_all, require_answers
from imeval.asking.prompts import ImagePart, Message
from imeval.asking.store import open_store
from imeval.base import parquet
from imeval.base.errors import UserError
from imeval.base.progress import Progress


def test_an_answer_is_one_row_of_the_contract(tmp_path: Path) -> None:
    with open_store(tmp_path, "shard") as store:
        frame = answer_all(ScriptedChat(lambda _: "hen"), [request("b")], store)
    assert Responses.validate(frame).to_dicts() == [
        {
            "image_id": "b", "run": 0, "request_key": request("b").request_key, "position": 1,
            "images_in_request": 1, "text": "hen", "status": "ok", "stop_reason": "stop", "error": None, "attempts": 1,
            "input_tokens": 9, "output_tokens": 3, "reasoning_tokens": None,
        }
    ]  # fmt: skip


def test_what_was_answered_is_not_asked_again(tmp_path: Path) -> None:
    requests = [request("a", content="1"), request("b", content="2"), request("c", content="3")]
    answered(tmp_path, ScriptedChat(), requests[:2])
    chat = ScriptedChat()
    assert answered(tmp_path, chat, requests) == [("a", "ok"), ("b", "ok"), ("c", "ok")]
    assert chat.asked == ["c"]


def test_equal_images_are_asked_about_once(tmp_path: Path) -> None:
    chat = ScriptedChat()
    assert answered(tmp_path, chat, [request("a"), request("b")]) == [("a", "ok"), ("b", "ok")]
    assert chat.asked == ["a"]


def test_a_run_that_fails_keeps_its_answers(tmp_path: Path) -> None:
    def breaking() -> Iterator[Request]:
        yield request("a", content="1")
        raise OSError("the images are gone")

    with pytest.raises(OSError, match="gone"):
        answered(tmp_path, ScriptedChat(), breaking())
    chat = ScriptedChat()
    answered(tmp_path, chat, [request("a", content="1")])
    assert chat.asked == []


KILLED_AT_EVERY_THIRD_REQUEST = """
import os, signal, sys
from imeval.asking.contract import Responses
from imeval.asking.exchange import AnswerFormat, Request, Response
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
    while not (tmp_path / "responses.parquet").exists() and len(codes) < 10:
        codes.append(subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=False).returncode)
    # Two answers a run, and one request that was killed before its answer.
    assert codes == [-9, -9, -9, 0]
    lines = [json.loads(line) for line in (tmp_path / "store" / "shard.jsonl").read_text().splitlines()]
    assert len({line["request_key"] for line in lines}) == len(lines) == 7
    assert len((tmp_path / "asked").read_text().split()) == 7 + 3
    frame = parquet.read(tmp_path / "responses.parquet", Responses)
    assert frame["text"].to_list() == [f"answer {key}" for key in frame["request_key"]]
    assert frame["image_id"].to_list() == ["0", "1", "2", "3", "4", "5", "6"]


THINKING = "<think>A tench? No, its fins"


NONE = "no answer about this image in the text"


@pytest.mark.parametrize(
    ("text", "cut_off", "tags", "outcome"),
    [
        # The model ended by itself, or the budget was spent on thinking.
        (THINKING, False, ["think"], ("unreadable", NONE, THINKING)),
        (THINKING, True, ["think"], ("truncated", NONE, "")),
        (f"{THINKING}</think> hen", False, ["think"], ("ok", None, "hen")),
        (f"{THINKING}</think> yellow lady", True, ["think"], ("truncated", None, "yellow lady")),
        ("<plan>a hen", False, ["think"], ("ok", None, "<plan>a hen")),
        ("<plan>a hen", False, ["think", "plan"], ("unreadable", NONE, "<plan>a hen")),
        ("</s>", False, ["think"], ("unreadable", NONE, "</s>")),
    ],
)
@pytest.mark.parametrize("answer_format", ["text", "json"])
def test_a_thought_is_no_part_of_an_answer_and_stored_apart(
    tmp_path: Path,
    text: str,
    cut_off: bool,
    tags: list[str],
    outcome: tuple[str, str | None, str],
    answer_format: AnswerFormat,
) -> None:
    def reply(asked: Request) -> Response:
        return Response.from_text(asked.request_key, text, cut_off=cut_off)

    with open_store(tmp_path, "shard") as store:
        frame = answer_all(ScriptedChat(reply), [request("a")], store, answer_format=answer_format, thought_tags=tags)
        again = answer_all(ScriptedChat(), [request("a")], store, answer_format=answer_format, thought_tags=tags)
    (row,) = Responses.validate(frame).to_dicts()
    assert again.equals(frame)
    assert (row["status"], row["error"], row["text"]) == outcome
    assert THINKING.removeprefix("<think>") in (tmp_path / "shard.jsonl").read_text() or THINKING not in text


@pytest.mark.parametrize(("limit", "passes"), [(0.5, True), (0.49, False)])
def test_a_share_of_errors_above_the_limit_fails(tmp_path: Path, limit: float, passes: bool) -> None:
    def failing_for_a(asked: Request) -> str | Response:
        return Response(asked.request_key, "error", error="HTTP 500") if asked.image_ids == ["a"] else "tench"

    with open_store(tmp_path, "shard") as store:
        frame = answer_all(ScriptedChat(failing_for_a), [request("a"), request("b", content="2")], store)
    if passes:
        require_answers(frame, limit)
    else:
        with pytest.raises(UserError, match="found errors in 1 of 2 responses, first HTTP 500; run again to send only"):
            require_answers(frame, limit)


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ('{"1": "hen", "2": "yellow la', [("ok", "hen"), ("truncated", '{"1": "hen", "2": "yellow la')]),
        ('{"1": "hen", "2": "cock"', [("ok", "hen"), ("ok", "cock")]),
    ],
)
def test_the_complete_answers_of_a_text_that_was_cut_off_count(
    tmp_path: Path, text: str, answers: list[tuple[str, str]]
) -> None:
    chat = ScriptedChat(lambda asked: Response.from_text(asked.request_key, text, cut_off=True))
    with open_store(tmp_path, "shard") as store:
        frame = answer_all(chat, [about("ab")], store, answer_format="json")
    assert frame.select("status", "text").rows() == answers


def test_running_again_sends_what_failed_and_nothing_else(tmp_path: Path) -> None:
    def failing_for_a(asked: Request) -> str | Response:
        return Response(asked.request_key, "error", error="HTTP 500") if asked.image_ids == ["a"] else "tench"

    requests = [request("a"), request("b", content="2")]
    assert answered(tmp_path, ScriptedChat(failing_for_a), requests) == [("a", "error"), ("b", "ok")]
    chat = ScriptedChat()
    assert answered(tmp_path, chat, requests) == [("a", "ok"), ("b", "ok")]
    assert chat.asked == ["a"]


def test_running_again_asks_alone_what_failed_alone_and_nothing_else(tmp_path: Path) -> None:
    def failing_alone(asked: Request) -> str | Response:
        if len(asked.image_ids) == 1:
            return Response(asked.request_key, "error", error="HTTP 500")
        return '{"1": "tench"}'

    def ask(chat: ScriptedChat) -> list[tuple[str, str, int]]:
        with open_store(tmp_path, "shard") as store:
            frame = answer_all(chat, [about("ab")], store, answer_format="json", max_retries_alone=1)
        return frame.select("image_id", "status", "images_in_request").rows()

    assert ask(ScriptedChat(failing_alone)) == [("a", "ok", 2), ("b", "error", 1)]
    chat = ScriptedChat(lambda _: "hen")
    assert ask(chat) == [("a", "ok", 2), ("b", "ok", 1)]
    assert chat.asked == ["b"]


def test_unreadable_answers_are_no_errors(tmp_path: Path) -> None:
    with open_store(tmp_path, "shard") as store:
        chat = ScriptedChat(lambda asked: "{}")
        require_answers(answer_all(chat, [about("ab")], store, answer_format="json"), max_error_share=0)


# Several images in a request, with answers in JSON.


def about(names: str) -> Request:
    images = (ImagePart(name, name * 64, name.encode()) for name in names)
    return Request("m", 0, (Message("user", ("Classes: hen. ", *images, " Which?")),))


def right(request: Request) -> str:
    return json.dumps({str(number): f"class {name}" for number, name in enumerate(request.image_ids, start=1)})


def rows(folder: Path, chat: ScriptedChat, *asked: str, retries: int = 2) -> list[tuple[object, ...]]:
    with open_store(folder, "shard") as store:
        frame = answer_all(chat, map(about, asked), store, answer_format="json", max_retries_alone=retries)
    return Responses.validate(frame).select("image_id", "position", "status", "text").rows()


def test_every_image_gets_its_answer_at_its_position(tmp_path: Path) -> None:
    chat = ScriptedChat(right)
    assert rows(tmp_path, chat, "abc", "d") == [
        ("a", 1, "ok", "class a"),
        ("b", 2, "ok", "class b"),
        ("c", 3, "ok", "class c"),
        ("d", 1, "ok", "class d"),
    ]
    assert chat.asked == ["abc", "d"]


@pytest.mark.parametrize("at_once", [1, 2, 10])
def test_only_the_images_that_an_answer_misses_are_asked_about_again_alone(tmp_path: Path, at_once: int) -> None:
    def short(asked: Request) -> str:
        return '{"1": "class a", "3": "class c"}' if asked.image_ids == ["a", "b", "c"] else right(asked)

    chat = ScriptedChat(short, at_once)
    found = rows(tmp_path, chat, "abc", "def")
    assert [row[3] for row in found] == [f"class {name}" for name in "abcdef"]
    assert found[1] == ("b", 2, "ok", "class b")
    assert sorted(chat.asked) == ["abc", "b", "def"]


def test_an_answer_for_the_wrong_images_is_asked_again_for_all_of_them(tmp_path: Path) -> None:
    chat = ScriptedChat(lambda asked: '{"11": "x", "12": "y"}' if len(asked.image_ids) == 2 else right(asked))
    assert [row[3] for row in rows(tmp_path, chat, "ab")] == ["class a", "class b"]
    assert chat.asked == ["ab", "a", "b"]


def test_an_answer_that_cannot_be_read_is_kept_and_asked_for_once_again_alone(tmp_path: Path) -> None:
    def never_b(asked: Request) -> str:
        return '{"1": "class a"}' if len(asked.image_ids) == 2 else '{"reason": 3}'

    chat = ScriptedChat(never_b)
    assert rows(tmp_path, chat, "ab") == [("a", 1, "ok", "class a"), ("b", 2, "unreadable", '{"reason": 3}')]
    assert chat.asked == ["ab", "b"]


def test_a_request_about_one_image_is_asked_once_whatever_it_answers(tmp_path: Path) -> None:
    chat = ScriptedChat(lambda asked: '{"reason": 3}')
    assert rows(tmp_path, chat, "a") == [("a", 1, "unreadable", '{"reason": 3}')]
    assert chat.asked == ["a"]


def test_each_row_has_the_number_of_images_that_it_was_asked_with(tmp_path: Path) -> None:
    chat = ScriptedChat(lambda asked: '{"1": "class a"}' if len(asked.image_ids) == 3 else right(asked))
    with open_store(tmp_path, "shard") as store:
        frame = answer_all(chat, [about("abc"), about("d")], store, answer_format="json", max_retries_alone=1)
    found = frame.select("image_id", "position", "images_in_request").rows()
    assert found == [("a", 1, 3), ("b", 2, 1), ("c", 3, 1), ("d", 1, 1)]


def test_json_cut_off_before_an_answer_stays_truncated_with_its_text(tmp_path: Path) -> None:
    def cut(asked: Request) -> Response:
        return Response(asked.request_key, "truncated", text='{"1": "class a", "2": "cl', stop_reason="length")

    assert rows(tmp_path, ScriptedChat(cut), "ab", retries=0) == [
        ("a", 1, "ok", "class a"),
        ("b", 2, "truncated", '{"1": "class a", "2": "cl'),
    ]


def test_a_rerun_asks_nothing_that_was_answered_and_comes_to_the_same(tmp_path: Path) -> None:
    def short(asked: Request) -> str:
        return '{"1": "class a"}' if len(asked.image_ids) > 1 else "{}" if asked.image_ids == ["b"] else right(asked)

    first = rows(tmp_path, ScriptedChat(short), "abc", "def")
    chat = ScriptedChat(short)
    assert rows(tmp_path, chat, "abc", "def") == first
    assert chat.asked == []


def test_a_run_cut_short_asks_again_only_what_was_not_answered(tmp_path: Path) -> None:
    def short(asked: Request) -> str:
        return "no JSON" if len(asked.image_ids) > 1 else right(asked)

    expected = rows(tmp_path / "whole", ScriptedChat(short), "abc")
    rows(tmp_path, ScriptedChat(short), "abc")
    lines = (tmp_path / "shard.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "shard.jsonl").write_bytes(b"".join(lines[:2]))
    chat = ScriptedChat(short)
    assert rows(tmp_path, chat, "abc") == expected
    assert chat.asked == ["b", "c"]


def test_raw_answers_are_kept_as_they_came(tmp_path: Path) -> None:
    raw = '```json\n{"1": "class a", "2": "class b"}\n```'
    rows(tmp_path, ScriptedChat(lambda asked: raw), "ab")
    assert json.loads((tmp_path / "shard.jsonl").read_text())["text"] == raw


def test_a_refusal_of_many_is_asked_again_alone_and_that_of_one_is_final(tmp_path: Path) -> None:
    def refusing(asked: Request) -> str | Response:
        return Response(asked.request_key, "refused") if "b" in asked.image_ids else right(asked)

    chat = ScriptedChat(refusing)
    assert rows(tmp_path, chat, "ab") == [("a", 1, "ok", "class a"), ("b", 2, "refused", None)]
    assert chat.asked == ["ab", "a", "b"]


def test_a_transport_error_is_an_error_of_all_its_images_and_asked_again_by_the_next_run(tmp_path: Path) -> None:
    failing = ScriptedChat(lambda asked: Response(asked.request_key, "error", error="HTTP 500"))
    assert [row[2] for row in rows(tmp_path, failing, "ab")] == ["error", "error"]
    assert failing.asked == ["ab"]
    assert [row[2] for row in rows(tmp_path, ScriptedChat(right), "ab")] == ["ok", "ok"]


def test_one_image_may_be_answered_without_json(tmp_path: Path) -> None:
    assert rows(tmp_path, ScriptedChat(lambda asked: "class a"), "a") == [("a", 1, "ok", "class a")]


def test_whole_pairs_of_an_answer_cut_off_count(tmp_path: Path) -> None:
    def cut(asked: Request) -> str | Response:
        if len(asked.image_ids) == 1:
            return right(asked)
        return Response(asked.request_key, "truncated", text='{"1": "class a", "2": "cla', stop_reason="length")

    chat = ScriptedChat(cut)
    assert rows(tmp_path, chat, "ab") == [("a", 1, "ok", "class a"), ("b", 2, "ok", "class b")]
    assert chat.asked == ["ab", "b"]


def test_without_retries_what_is_missing_is_unreadable_at_once(tmp_path: Path) -> None:
    chat = ScriptedChat(lambda asked: '{"2": "class b"}')
    assert rows(tmp_path, chat, "ab", retries=0) == [
        ("a", 1, "unreadable", '{"2": "class b"}'),
        ("b", 2, "ok", "class b"),
    ]
    assert chat.asked == ["ab"]


class Counted(Progress):
    """Remembers what is counted: newly answered, and found in the store."""

    def __init__(self) -> None:
        super().__init__("answers", 6)
        self.counts = {"new": 0, "found": 0}

    def add(self, count: int = 1, *, found: bool = False) -> None:
        self.counts["found" if found else "new"] += count


def test_each_image_is_counted_once_and_as_new_only_if_it_was_asked_about_now(tmp_path: Path) -> None:
    def counts(*asked: str) -> dict[str, int]:
        counted = Counted()
        with open_store(tmp_path, "shard") as store:
            answer_all(
                ScriptedChat(lambda asked: '{"1": "hen"}'),
                map(about, asked),
                store,
                answer_format="json",
                max_retries_alone=2,
                progress=counted,
            )
        return counted.counts

    assert counts("ab") == {"new": 2, "found": 0}
    assert counts("ab", "cde") == {"new": 3, "found": 2}
    assert counts("ab", "cde") == {"new": 0, "found": 5}


def test_a_model_that_was_cut_off_before_its_answer_gave_none(tmp_path: Path) -> None:
    cut_off = Response.from_text(request().request_key, "<think>a hen or", cut_off=True, reasoning_tokens=5)
    with open_store(tmp_path, "shard") as store:
        frame = answer_all(ScriptedChat(lambda _: cut_off), [request()], store)
    (row,) = Responses.validate(frame).to_dicts()
    assert (row["status"], row["text"], row["reasoning_tokens"]) == ("truncated", "", 5)
    assert row["error"] == "no answer about this image in the text"
    assert '"reasoning": "a hen or"' in (tmp_path / "shard.jsonl").read_text()
