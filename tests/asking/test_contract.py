import polars as pl
import pytest
from dataframely.exc import ValidationError
from imeval.asking.contract import STATUSES, Responses


def frame(status: str, text: str | None) -> pl.DataFrame:
    row = {"image_id": "a", "run": 0, "request_key": "k", "position": 1, "text": text, "status": status, "attempts": 1}
    return pl.DataFrame([row], schema=Responses.create_empty().schema)


@pytest.mark.parametrize("status", STATUSES)
def test_exactly_the_answers_have_a_text(status: str) -> None:
    text, other = ("hen", None) if status in ("ok", "truncated") else (None, "hen")
    assert len(Responses.validate(frame(status, text))) == 1
    with pytest.raises(ValidationError, match="an_error_is_never_an_answer"):
        Responses.validate(frame(status, other))
