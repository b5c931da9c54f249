import polars as pl
import pytest
from dataframely.exc import ValidationError
from imeval.choices.contract import Choices


def question(**changes: object) -> pl.DataFrame:
    row = {"image_id": "a", "run": 0, "options": [3, 5], "sources": ["imgt", "random"], "imgt_option": 0} | changes
    return pl.DataFrame([row], schema=Choices.create_empty().schema)


def test_a_question_has_a_source_for_each_option_and_a_label_among_them() -> None:
    assert len(Choices.validate(question())) == 1
    assert len(Choices.validate(question(imgt_option=None, regt_option=0))) == 1


@pytest.mark.parametrize(
    ("changes", "rule"),
    [({"sources": ["imgt"] * 3}, "one_source_an_option"), ({"imgt_option": None}, "a_label_is_offered")],
)
def test_a_question_with_a_missing_source_or_without_a_label_is_refused(changes: dict[str, object], rule: str) -> None:
    with pytest.raises(ValidationError, match=rule):
        Choices.validate(question(**changes))
