import polars as pl
import pytest
from dataframely.exc import ValidationError
from imeval.asking.contract import STATUSES, Responses

WITHOUT_ANSWER = {"unreadable": "no answer in the text", "error": "HTTP 500"}


def frame(status: str, text: str | None, error: str | None = None) -> pl.DataFrame:
    row = {"image_id": "a", "run": 0, "request_key": "k", "position": 1, "images_in_request": 1, "attempts": 1}
    content = {"text": text, "status": status, "error": error}
    return pl.DataFrame([row | content], schema=Responses.create_empty().schema)


@pytest.mark.parametrize("status", STATUSES)
def test_answers_and_unreadable_texts_have_a_text_and_nothing_else_has(status: str) -> None:
    error = WITHOUT_ANSWER.get(status)
    text, other = ("hen", None) if status in ("ok", "truncated", "unreadable") else (None, "hen")
    assert len(Responses.validate(frame(status, text, error))) == 1
    with pytest.raises(ValidationError, match="a_text_has_its_status"):
        Responses.validate(frame(status, other, error))


def test_a_text_cut_off_may_have_an_answer_or_a_reason_why_it_has_none() -> None:
    assert Responses.is_valid(frame("truncated", "hen"))
    assert Responses.is_valid(frame("truncated", '{"1": "he', "no answer in the text"))


@pytest.mark.parametrize(("status", "error"), [("ok", "no answer in the text"), ("unreadable", None)])
def test_exactly_a_text_without_an_answer_has_the_reason(status: str, error: str | None) -> None:
    with pytest.raises(ValidationError, match="only_an_answer_has_no_error"):
        Responses.validate(frame(status, "hen", error))
