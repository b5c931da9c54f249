from imeval.viewer.browsed import Browsed
from imeval.viewer.cards import Answer, Card, cards, shown_name
from imeval.viewer.filters import read_filters
from imeval.viewer.reading import Results
from imeval.viewer.selecting import select
from starlette.datastructures import QueryParams


def test_a_card_has_labels_and_the_answers_that_filters_name(browsed: Browsed) -> None:
    selection = select(Results(browsed), read_filters(QueryParams("category=M&wrong=odd/cw")))
    answer = Answer("Odd & Co", "CW", "<script>alert(1)</script>", "ok", False)
    assert cards(selection, selection.rows) == [
        Card("c", "M+", "rooster", ["rooster", "hen"], right=1, asked=2, answers=[answer], broken=False)
    ]


def test_a_broken_image_has_no_labels(browsed: Browsed) -> None:
    selection = select(Results(browsed), read_filters(QueryParams("failed=yes")))
    assert cards(selection, selection.rows)[1] == Card(
        "e", None, "rooster", None, right=0, asked=2, answers=[], broken=True
    )


def test_an_answer_is_shown_by_its_class_or_else_its_text() -> None:
    assert shown_name({"class_id": 1, "text": "HEN"}, ["rooster", "hen"]) == "hen"
    assert shown_name({"class_id": None, "text": "a bird"}, []) == "a bird"
    assert shown_name({"class_id": None, "text": None}, []) == ""
