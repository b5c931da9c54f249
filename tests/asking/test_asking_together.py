"""Several photographs a request: what a malformed or short answer costs."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import polars as pl
import pytest
from imeval.asking.contract import Responses
from imeval.asking.exchange import Request, Response
from imeval.asking.loop import answer_all
from imeval.asking.prompts import ImagePart, Message
from imeval.asking.requests import images_asked
from imeval.asking.store import open_store
from imeval.base import parquet
from imeval.base.progress import Progress
from imeval.images.contract import ImageIndex

Said = Callable[[Request], str | Response]


def request(names: str) -> Request:
    images = (ImagePart(name, name * 64, name.encode()) for name in names)
    return Request("m", 0, (Message("user", ("Classes: hen. ", *images, " Which?")),))


def right(asked: Request) -> str:
    return json.dumps({str(number): f"class {name}" for number, name in enumerate(asked.image_ids, start=1)})


class Chat:
    """Says what `says` tells of a request, `at_once` under way at a time, and remembers what it was asked."""

    def __init__(self, says: Said = right, at_once: int = 1) -> None:
        self.says = says
        self.at_once = at_once
        self.asked: list[str] = []

    @property
    def identity(self) -> str:
        return "m"

    def answer(self, requests: Iterable[Request]) -> Iterator[Response]:
        waiting: list[Request] = []
        for asked in requests:
            waiting.append(asked)
            if len(waiting) == self.at_once:
                yield self._said(waiting.pop(0))
        while waiting:
            yield self._said(waiting.pop())

    def _said(self, asked: Request) -> Response:
        self.asked.append("".join(asked.image_ids))
        said = self.says(asked)
        if isinstance(said, Response):
            return said
        return Response.said(asked, said, cut_off=False, stop_reason="stop", input_tokens=9, output_tokens=3)


def rows(folder: Path, chat: Chat, *asked: str, retries: int = 2) -> list[tuple[object, ...]]:
    with open_store(folder, "shard") as store:
        frame = answer_all(chat, map(request, asked), store, "json", retries)
    return Responses.validate(frame).select("image_id", "position", "status", "text").rows()


def test_every_photograph_gets_its_answer_at_its_position(tmp_path: Path) -> None:
    chat = Chat()
    assert rows(tmp_path, chat, "abc", "d") == [
        ("a", 1, "ok", "class a"),
        ("b", 2, "ok", "class b"),
        ("c", 3, "ok", "class c"),
        ("d", 1, "ok", "class d"),
    ]
    assert chat.asked == ["abc", "d"]


@pytest.mark.parametrize("at_once", [1, 2, 10])
def test_only_the_photographs_that_an_answer_misses_are_asked_about_again_alone(tmp_path: Path, at_once: int) -> None:
    def short(asked: Request) -> str:
        return '{"1": "class a", "3": "class c"}' if asked.image_ids == ["a", "b", "c"] else right(asked)

    chat = Chat(short, at_once)
    found = rows(tmp_path, chat, "abc", "def")
    assert [row[3] for row in found] == [f"class {name}" for name in "abcdef"]
    assert found[1] == ("b", 2, "ok", "class b")
    assert sorted(chat.asked) == ["abc", "b", "def"]


def test_an_answer_for_the_wrong_photographs_is_asked_again_for_all_of_them(tmp_path: Path) -> None:
    chat = Chat(lambda asked: '{"11": "x", "12": "y"}' if len(asked.image_ids) == 2 else right(asked))
    assert [row[3] for row in rows(tmp_path, chat, "ab")] == ["class a", "class b"]
    assert chat.asked == ["ab", "a", "b"]


def test_a_photograph_without_a_readable_answer_is_an_error_after_the_last_retry(tmp_path: Path) -> None:
    def never_b(asked: Request) -> str:
        return '{"1": "class a"}' if len(asked.image_ids) == 2 else '{"answer": 3}'

    chat = Chat(never_b)
    assert rows(tmp_path, chat, "ab") == [("a", 1, "ok", "class a"), ("b", 2, "error", None)]
    assert chat.asked == ["ab", "b", "b"]
    with open_store(tmp_path, "shard") as store:
        error = answer_all(chat, [request("ab")], store, "json", 2)["error"].to_list()[1]
    assert error == 'no answer about the photograph in: {"answer": 3}'


def test_a_rerun_asks_nothing_that_was_answered_and_comes_to_the_same(tmp_path: Path) -> None:
    def short(asked: Request) -> str:
        return '{"1": "class a"}' if len(asked.image_ids) > 1 else "{}" if asked.image_ids == ["b"] else right(asked)

    first = rows(tmp_path, Chat(short), "abc", "def")
    chat = Chat(short)
    assert rows(tmp_path, chat, "abc", "def") == first
    assert chat.asked == []


def test_a_run_cut_short_asks_again_only_what_was_not_answered(tmp_path: Path) -> None:
    def short(asked: Request) -> str:
        return "no JSON" if len(asked.image_ids) > 1 else right(asked)

    expected = rows(tmp_path / "whole", Chat(short), "abc")
    rows(tmp_path, Chat(short), "abc")
    lines = (tmp_path / "shard.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "shard.jsonl").write_bytes(b"".join(lines[:2]))
    chat = Chat(short)
    assert rows(tmp_path, chat, "abc") == expected
    assert chat.asked == ["b", "c"]


def test_raw_answers_are_kept_as_they_came(tmp_path: Path) -> None:
    raw = '```json\n{"1": "class a", "2": "class b"}\n```'
    rows(tmp_path, Chat(lambda asked: raw), "ab")
    assert json.loads((tmp_path / "shard.jsonl").read_text())["text"] == raw


def test_a_refusal_of_many_is_asked_again_alone_and_that_of_one_is_final(tmp_path: Path) -> None:
    def refusing(asked: Request) -> str | Response:
        return Response(asked.request_key, "refused") if "b" in asked.image_ids else right(asked)

    chat = Chat(refusing)
    assert rows(tmp_path, chat, "ab") == [("a", 1, "ok", "class a"), ("b", 2, "refused", None)]
    assert chat.asked == ["ab", "a", "b"]


def test_a_transport_error_is_an_error_of_all_its_photographs_and_asked_again_by_the_next_run(tmp_path: Path) -> None:
    failing = Chat(lambda asked: Response(asked.request_key, "error", error="HTTP 500"))
    assert [row[2] for row in rows(tmp_path, failing, "ab")] == ["error", "error"]
    assert failing.asked == ["ab"]
    assert [row[2] for row in rows(tmp_path, Chat(), "ab")] == ["ok", "ok"]


def test_one_photograph_may_be_answered_without_json(tmp_path: Path) -> None:
    assert rows(tmp_path, Chat(lambda asked: "class a"), "a") == [("a", 1, "ok", "class a")]


def test_whole_pairs_of_an_answer_cut_off_count(tmp_path: Path) -> None:
    def cut(asked: Request) -> str | Response:
        if len(asked.image_ids) == 1:
            return right(asked)
        return Response(asked.request_key, "truncated", text='{"1": "class a", "2": "cla', stop_reason="length")

    chat = Chat(cut)
    assert rows(tmp_path, chat, "ab") == [("a", 1, "ok", "class a"), ("b", 2, "ok", "class b")]
    assert chat.asked == ["ab", "b"]


def test_without_retries_what_is_missing_is_an_error_at_once(tmp_path: Path) -> None:
    chat = Chat(lambda asked: '{"2": "class b"}')
    assert rows(tmp_path, chat, "ab", retries=0) == [("a", 1, "error", None), ("b", 2, "ok", "class b")]
    assert chat.asked == ["ab"]


class Counted(Progress):
    """Remembers what is counted: newly answered, and found in the store."""

    def __init__(self) -> None:
        super().__init__("answers", 6)
        self.counts = {"new": 0, "found": 0}

    def add(self, count: int = 1, *, found: bool = False) -> None:
        self.counts["found" if found else "new"] += count


def test_each_photograph_is_counted_once_and_as_new_only_if_it_was_asked_about_now(tmp_path: Path) -> None:
    def counts(*asked: str) -> dict[str, int]:
        counted = Counted()
        with open_store(tmp_path, "shard") as store:
            answer_all(Chat(lambda asked: '{"1": "hen"}'), map(request, asked), store, "json", 2, counted)
        return counted.counts

    assert counts("ab") == {"new": 2, "found": 0}
    assert counts("ab", "cde") == {"new": 3, "found": 2}
    assert counts("ab", "cde") == {"new": 0, "found": 5}


def test_the_images_that_the_shards_ask_about_are_all_images(tmp_path: Path) -> None:
    names = [f"image{number}" for number in range(17)]
    rows = {"image_id": sorted(names), "imgt": [0] * 17, "selected": [True] * 16 + [False], "broken": [False] * 17}
    index = pl.DataFrame(rows, schema=ImageIndex.create_empty().schema)
    parquet.write(tmp_path / "index.parquet", ImageIndex, index)
    shards = [f"0000{number}-of-00003" for number in range(3)]
    assert [images_asked([], tmp_path / "index.parquet", shard, 5) for shard in shards] == [5, 5, 6]
    assert images_asked([tmp_path / "index.parquet"] * 2, None, shards[0], 1) == 34
