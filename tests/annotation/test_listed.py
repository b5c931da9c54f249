import polars as pl
import pytest
from imeval.annotation.listed import listed_classes
from imeval.asking.contract import Responses


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
        ("a tench (0)", []),
        ("", []),
    ],
)
def test_ids_with_commas_between_them_are_the_labels(text: str, class_ids: list[int]) -> None:
    assert listed_classes(responses(text), 1000).rows() == [("0", class_ids)]


def test_an_image_without_an_answer_and_further_runs_list_nothing() -> None:
    again = responses("5").with_columns(run=pl.lit(1, pl.Int16))
    assert listed_classes(pl.concat([responses(None, "3"), again]), 1000).rows() == [("1", [3])]
