import pytest
from asking.scripted_chat import request
from hypothesis import given
from hypothesis import strategies as st
from imeval.asking.exchange import Request, Response, whole_number
from imeval.asking.prompts import ImagePart, Message


def test_a_request_has_the_same_key_in_every_version() -> None:
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
    ("text", "cut_off", "status", "kept"),
    [
        ("a tench", False, "ok", "a tench"),
        ("a ten", True, "truncated", "a ten"),
        (" \n", False, "empty", None),
        ("", True, "truncated", ""),
        ("half a pair \ud83d", False, "ok", "half a pair \ufffd"),
    ],
)
def test_a_text_has_the_status_empty_truncated_or_ok(text: str, cut_off: bool, status: str, kept: str | None) -> None:
    response = Response.from_text("k", text, cut_off=cut_off, output_tokens=2)
    assert (response.status, response.text, response.output_tokens) == (status, kept, 2)


@pytest.mark.parametrize(
    ("text", "cut_off", "kept", "reasoning"),
    [
        ("<think> a hen? </think>\n\ntench", False, "tench", "orange\na hen?"),
        ("<think>a hen?</think> ten", True, "ten", "orange\na hen?"),
        ("a hen?</think>tench", False, "tench", "orange\na hen?"),
        ("<think>a hen or", True, "", "orange\na hen or"),
        ("<think>a hen?</think>", True, "", "orange\na hen?"),
        ("<think>a hen or", False, "<think>a hen or", "orange"),
        ("<think></think>tench", False, "<think></think>tench", "orange"),
        ("tench", False, "tench", "orange"),
    ],
)
def test_thoughts_in_a_text_are_set_apart_where_an_answer_is_left_or_none_could_come(
    text: str, cut_off: bool, kept: str, reasoning: str
) -> None:
    response = Response.from_text("k", text, cut_off=cut_off, reasoning=" orange ").without_thoughts()
    assert (response.text, response.reasoning) == (kept, reasoning)
    assert response.without_thoughts() == response


def test_the_tags_of_thoughts_are_the_models() -> None:
    response = Response.from_text("k", "<plan>a hen?</plan>tench", cut_off=False)
    assert response.without_thoughts() == response
    assert response.without_thoughts(["plan"]) == Response("k", "ok", "tench", reasoning="a hen?")


@pytest.mark.parametrize(
    ("record", "response"),
    [
        ({"status": "ok", "text": "hen", "input_tokens": 7}, Response("k", "ok", "hen", input_tokens=7)),
        ({"status": "error", "error": "timeout"}, Response("k", "error", error="timeout")),
        # As earlier versions kept them.
        ({"status": "ok", "text": "hen\udc00", "output_tokens": {"a": 1}}, Response("k", "ok", "hen\ufffd")),
        ({"status": "refused", "input_tokens": -1, "cached_tokens": "x"}, Response("k", "refused")),
        ({"status": "ok", "text": "hen", "reasoning": "red"}, Response("k", "ok", "hen", reasoning="red")),
    ],
)
def test_a_line_of_the_store_is_a_response(record: dict[str, object], response: Response) -> None:
    assert Response.restored(request_key="k", **record) == response


@pytest.mark.parametrize(
    ("value", "count"),
    [
        (0, 0), (12, 12), (12.0, 12), ("12", 12), (2**31 - 1, 2**31 - 1), (-1, None), (2**31, None), (1.5, None),
        (True, None), (None, None), ("", None), ("1e3", None), ("9" * 5000, None), ([12], None), ({"a": 1}, None),
        (float("nan"), None), (float("inf"), None),
    ],
)  # fmt: skip
def test_only_a_whole_number_that_a_file_can_hold_is_a_count(value: object, count: int | None) -> None:
    assert whole_number(value) == count


@pytest.mark.parametrize(("status", "text"), [("error", "tench"), ("refused", "no"), ("ok", None), ("lost", None)])
def test_exactly_the_answers_have_a_text(status: str, text: str | None) -> None:
    with pytest.raises(ValueError, match=status):
        Response("k", status, text=text)


def test_asking_about_an_image_alone_leaves_out_the_others_under_a_key_of_its_own() -> None:
    images = [ImagePart(name, name * 64, name.encode()) for name in "abc"]
    whole = Request("m", 1, (Message("system", ("Be brief.",)), Message("user", ("See ", *images, "Which?"))))
    alone = whole.alone(2)
    assert alone == Request("m", 1, (whole.messages[0], Message("user", ("See ", images[1], "Which?"))), 1)
    assert (whole.image_ids, alone.image_ids) == (["a", "b", "c"], ["b"])
    # Stores hold such responses: under another key they would be asked, and paid for, again.
    assert alone.request_key == "a60c7707a2ab4248f2f51d19c9799d00719d01ae7f39ae2d266f3c3fd82d6bd5"


def test_a_request_about_one_image_is_not_asked_again_alone() -> None:
    with pytest.raises(ValueError, match="about one image already"):
        request().alone(1)
