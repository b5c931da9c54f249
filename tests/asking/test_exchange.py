import pytest
from asking.scripted_chat import request
from hypothesis import given
from hypothesis import strategies as st
from imeval.asking.exchange import Request, Response
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
    ("text", "cut_off", "status"),
    [("a tench", False, "ok"), ("a ten", True, "truncated"), (" \n", False, "empty"), ("", True, "empty")],
)
def test_a_text_has_the_status_empty_truncated_or_ok(text: str, cut_off: bool, status: str) -> None:
    response = Response.from_text(request(), text, cut_off=cut_off, stop_reason="stop", input_tokens=9, output_tokens=2)
    assert response.status == status
    assert response.text == (text if status in ("ok", "truncated") else None)


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
