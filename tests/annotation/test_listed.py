import polars as pl
import pytest
from imeval.annotation.listed import listed_classes
from imeval.asking.contract import Responses
from imeval.labels.classes import class_names

NAMES = class_names("clean")


def responses(*texts: str | None) -> pl.DataFrame:
    facts = {"run": 0, "request_key": "k", "position": 1, "images_in_request": 1, "attempts": 1}
    rows = [
        {"image_id": str(place), "text": text, "status": "error" if text is None else "ok", **facts}
        for place, text in enumerate(texts)
    ]
    return pl.DataFrame(rows, schema=Responses.create_empty().schema)


@pytest.mark.parametrize(
    ("text", "class_ids"),
    [
        ("3, 141", [3, 141]),
        ("141 and 3.", [3, 141]),
        ("[3, 141, 3]", [3, 141]),
        ("<think>It may be 5.</think> 7", [7]),
        ('{"1": "3, 141"}', [3, 141]),
        ("none", []),
        ("3, 1000", []),
        ("(3, 141)", [3, 141]),
        ("a tench (0)", []),
        ("tench, hen.", [0, 8]),
        ("The photograph shows:\n\n- Dining table\n- 8: hen\n1. missile\n- Tr", [8, 532, 657, 744]),
        ("The photograph shows strawberry.", [949]),
        ("The photograph shows a kite (bird of prey).", [21]),
        ("The photograph shows 3 dogs, not a bullmastiff.", []),
        ("", []),
    ],
)
def test_ids_and_names_in_a_list_are_the_labels(text: str, class_ids: list[int]) -> None:
    assert listed_classes(responses(text), NAMES).rows() == [("0", class_ids)]


def test_an_image_without_an_answer_and_further_runs_list_nothing() -> None:
    again = responses("5").with_columns(run=pl.lit(1, pl.Int16))
    assert listed_classes(pl.concat([responses(None, "3"), again]), NAMES).rows() == [("1", [3])]
