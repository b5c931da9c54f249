"""The one place that turns what a server sent into a Response: whatever comes, it is a response or `Malformed`."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imeval.asking.contract import Responses
from imeval.asking.loop import answer_all
from imeval.asking.store import open_store
from imeval.models.api.openai import load
from imeval.models.api.openai_api import Settings
from imeval.models.api.replies import Malformed, Unusable, parsed, response
from models.api.api_jobs import request
from models.openai_server import Reply

USAGE = {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12}


def body(content: Any = "hen", reason: Any = "stop", usage: Any = USAGE, **message: Any) -> dict[str, Any]:
    return {"choices": [{"message": {"content": content} | message, "finish_reason": reason}], "usage": usage}


def read(completion: Any) -> tuple[str, str | None]:
    answer = response("k", completion, 512)
    return answer.status, answer.text


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("hen", "hen"),
        ([{"type": "text", "text": "hen"}], "hen"),
        ([{"type": "text", "text": "a "}, {"type": "text", "text": "hen"}], "a hen"),
        ([{"type": "thinking", "thinking": "orange"}, {"type": "text", "text": "hen"}], "hen"),
        ([{"type": "output_text", "text": "hen", "annotations": []}], "hen"),
        (["hen"], "hen"),
        ([None, {"text": "hen"}], "hen"),
        ({"type": "text", "text": "hen"}, "hen"),
        ("h\ud800n", "h\ufffdn"),
    ],
)
def test_the_texts_of_a_message_are_its_answer(content: Any, text: str) -> None:
    assert read(body(content)) == ("ok", text)


@pytest.mark.parametrize("content", [None, "", " \n", [], [{"type": "text", "text": ""}], [None]])
def test_without_a_text_the_answer_is_empty(content: Any) -> None:
    assert read(body(content)) == ("empty", None)


@pytest.mark.parametrize(
    "content",
    [
        207, 0, 1.5, True, {}, {"answer": "hen"}, [207], [["hen"]], [{"type": "text"}], [{"type": "text", "text": 5}],
        [{"type": "image_url", "image_url": {"url": "x"}}], [{"type": ["text"], "text": "hen"}], [{"type": None}],
    ],
)  # fmt: skip
def test_content_of_another_shape_cannot_be_used_and_has_its_tokens(content: Any) -> None:
    with pytest.raises(Unusable, match="content that is no text") as caught:
        read(body(content))
    assert caught.value.counts["output_tokens"] == 2


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        ("stop", "ok"), ("eos_token", "ok"), ("end_turn", "ok"), ("tool_calls", "ok"), ("STOP", "ok"), ("", "ok"),
        (None, "ok"), ("length", "truncated"), ("max_tokens", "truncated"), ("MAX_TOKENS", "truncated"),
        ("model_length", "truncated"), ("content_filter", "refused"), ("SAFETY", "refused"), ("refusal", "refused"),
    ],
)  # fmt: skip
def test_an_answer_ends_by_a_reason_of_a_closed_set(reason: str | None, status: str) -> None:
    assert read(body(reason=reason))[0] == status


@pytest.mark.parametrize("reason", ["error", "abort", "insufficient_system_resource", "null", 5, [], {"a": 1}, True])
def test_half_an_answer_is_not_kept_as_a_whole_one(reason: Any) -> None:
    with pytest.raises(Unusable, match="a finish_reason that is not known"):
        read(body("half an ans", reason))


def test_an_answer_without_a_reason_is_cut_off_where_it_has_as_many_tokens_as_it_may() -> None:
    completion = {"choices": [{"message": {"content": "a h"}}], "usage": USAGE}
    assert [response("k", completion, most).status for most in (2, 3)] == ["truncated", "ok"]
    assert response("k", completion, 3).stop_reason is None


@pytest.mark.parametrize("refusal", ["I cannot help with that.", True, {"reason": "no"}])
def test_a_refusal_has_no_text(refusal: Any) -> None:
    assert read(body("half", refusal=refusal)) == ("refused", None)


@pytest.mark.parametrize(
    "completion",
    [
        None, [], {}, 5, "hen", {"choices": None}, {"choices": []}, {"choices": {}}, {"choices": [None]},
        {"choices": [{"message": None}]}, {"choices": [{"message": "hen"}]}, {"choices": [{"text": "hen"}]},
        {"choices": "hen"}, {"error": {"message": "busy", "code": 502}}, {"object": "error"},
    ],
)  # fmt: skip
def test_a_reply_that_is_no_completion_is_malformed(completion: Any) -> None:
    with pytest.raises(Malformed, match="no completion"):
        read(completion)


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        (USAGE, (10, 2, None, None)),
        (None, (None, None, None, None)),
        ([10, 2], (None, None, None, None)),
        ("12 tokens", (None, None, None, None)),
        ({"prompt_tokens": "10", "completion_tokens": 2.0}, (10, 2, None, None)),
        ({"prompt_tokens": -1, "completion_tokens": 1.5}, (None, None, None, None)),
        ({"prompt_tokens": {"a": 1}, "completion_tokens": 2**40}, (None, None, None, None)),
        (USAGE | {"prompt_tokens_details": {"cached_tokens": 4}}, (10, 2, 4, None)),
        (USAGE | {"prompt_tokens_details": {"cached_tokens": 99}}, (10, 2, 10, None)),
        (USAGE | {"prompt_tokens_details": [4], "completion_tokens_details": "none"}, (10, 2, None, None)),
        (USAGE | {"completion_tokens_details": {"reasoning_tokens": 1}}, (10, 2, None, 1)),
        # Thoughts that stand in the total alone are paid for all the same.
        (USAGE | {"total_tokens": 42}, (10, 32, None, 30)),
        (USAGE | {"total_tokens": 42, "completion_tokens_details": {"reasoning_tokens": 30}}, (10, 32, None, 30)),
    ],
)
def test_a_count_is_a_whole_number_or_unknown(usage: Any, counts: tuple[int | None, ...]) -> None:
    answer = response("k", body(usage=usage), 512)
    assert (answer.input_tokens, answer.output_tokens, answer.cached_tokens, answer.reasoning_tokens) == counts


@pytest.mark.parametrize(
    ("message", "reasoning"),
    [
        ({}, None),
        ({"reasoning": "orange"}, "orange"),
        ({"reasoning_content": "orange"}, "orange"),
        ({"reasoning": "orange", "reasoning_content": "orange"}, "orange"),
        ({"reasoning": None, "reasoning_content": "orange"}, "orange"),
        ({"reasoning_details": [{"type": "reasoning.text", "text": "or"}, {"text": "ange"}]}, "or\nange"),
        ({"reasoning": {"summary": [{"text": "orange"}]}}, "orange"),
        ({"reasoning": 7}, None),
        ({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "orange"}]}, "hen"]}, "orange"),
    ],
)
def test_what_the_model_thought_is_apart(message: dict[str, Any], reasoning: str | None) -> None:
    answer = response("k", body(**{"content": "hen"} | message), 512)
    assert (answer.text, answer.reasoning) == ("hen", reasoning)


@pytest.mark.parametrize("message", [{"content": ""}, {"content": None, "reasoning": "or"}, {"content": " "}])
def test_a_budget_spent_on_thinking_is_cut_off_and_not_empty(message: dict[str, Any]) -> None:
    assert read(body(reason="length", **message)) == ("truncated", "")


@pytest.mark.parametrize(
    "content",
    [b"<html>", b"", b"{", b"[" * 100_000, b'{"a":' * 100_000, b"9" * 5000, b"\x00" * 9, b"nul"],
)
def test_a_reply_that_is_no_json_is_malformed(content: bytes) -> None:
    with pytest.raises(Malformed, match="no JSON: b'"):
        parsed(content)


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b'{"a": 1}', {"a": 1}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        ('{"a": "é"}'.encode("utf-16"), {"a": "é"}),
        (b'{"a": "caf\xe9"}', {"a": "caf\ufffd"}),
    ],
)
def test_json_is_read_in_any_encoding(content: bytes, value: object) -> None:
    assert parsed(content) == value


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=9)
    | st.sampled_from(["stop", "length", "text", "thinking", "\ud800", "<think>", "</think>"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["type", "text", "thinking", "a"]), inner, max_size=3),
    max_leaves=9,
)  # fmt: skip


@given(ANYTHING, ANYTHING, ANYTHING, ANYTHING)
def test_whatever_a_server_sends_is_a_row_of_the_contract_or_malformed(
    content: Any, reason: Any, usage: Any, thoughts: Any
) -> None:
    completion = body(content, reason, {"prompt_tokens": usage, "completion_tokens": usage}, reasoning=thoughts)
    try:
        answer = response("k", parsed(json.dumps(completion).encode()), 512)
    except Malformed:
        return
    row = {"image_id": "a", "run": 0, "position": 1, "images_in_request": 1}
    row |= {name: getattr(answer, name, None) for name in Responses.column_names() if name not in row}
    Responses.validate(pl.DataFrame([row], schema=Responses.create_empty().schema))


def test_odd_answers_beside_sound_ones_leave_a_shard_that_the_next_run_finishes(
    tmp_path: Path, settings: Settings, server: Any
) -> None:
    odd = iter([body(207), body(reason="error"), body(usage={"completion_tokens": {}}), body("x\ud800"), body([[]])])
    server.answers = lambda _: Reply(next(odd, body()))
    one_at_a_time = Settings(settings.api_model, str(tmp_path), base_url=settings.base_url, concurrency=1)
    for expected in (["error"] + ["ok"] * 5, ["ok"] * 6):
        with open_store(tmp_path, "cw") as store:
            frame = answer_all(load(one_at_a_time), map(request, range(6)), store)
        assert Responses.validate(frame).sort("image_id")["status"].to_list() == expected
