import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imeval.asking.contract import Responses
from imeval.base.errors import UserError
from imeval.choices import letters
from imeval.choices.contract import Choices
from imeval.mapping.contract import Predictions

OPTIONS = ["goose", "African grey parrot", "hen of the woods mushroom", "church"]
A, B, C, D = range(4)


@pytest.mark.parametrize(
    ("answer", "place"),
    [
        # The letter alone.
        ("B", B), ("b", B), ("B.", B), ("B)", B), ("(b)", B), ("[B]", B), ("**B**", B), ("`B`", B), ('"B"', B),
        ("  B \n", B), ("**(B)**", B),
        # A letter that is announced.
        ("Answer: B", B), ("Answer:\nB", B), ("**Answer:** C", C), ("Answer: **C**", C), ("The answer is B", B),
        ("The correct answer is (C).", C), ("Based on the image, the answer is D.", D), ("Option D", D),
        ("Answer is option C", C), ("I choose B.", B), ("The correct option is B, not A.", B),
        # A letter that is set off from what follows.
        ("B) African grey parrot", B), ("B: African grey parrot", B), ("A. goose", A), ("D - church", D),
        ("B African grey parrot", B), ("b) a bird", B), ("Sure! A) goose", A), ("A) a goose", A), ("A goose", A),
        ("B\n\nThe image shows a grey parrot.", B), ("The answer is A goose", A),
        # The option's whole text.
        ("African grey parrot", B), ("african grey parrot.", B), ("**Hen of the Woods mushroom**", C),
    ],
)  # fmt: skip
def test_an_answer_names_an_option(answer: str, place: int) -> None:
    assert letters.option_named(answer, OPTIONS) == place


@pytest.mark.parametrize(
    "answer",
    [
        # An article is no letter.
        "A dog", "A church", "A goose stands on a lawn.", "The main object is a dog", "The answer is a dog",
        # Several letters, or all the options again.
        "A or B", "A) goose B) African grey parrot C) hen of the woods mushroom D) church",
        # No option of this question.
        "E", "E)", "F. castle", "", "   ", "1", "hen", "The image shows a goose.", "I think it's a mushroom because",
    ],
)  # fmt: skip
def test_an_answer_names_none(answer: str) -> None:
    assert letters.option_named(answer, OPTIONS) is None


def test_the_text_of_an_option_goes_before_a_letter_at_its_start() -> None:
    assert letters.option_named("A cappella", ["church", "a cappella"]) == B


def test_of_two_options_the_letter_c_is_none() -> None:
    assert letters.option_named("C", ["goose", "church"]) is None


@given(st.text())
def test_any_answer_names_an_option_or_none(answer: str) -> None:
    assert letters.option_named(answer, OPTIONS) in {None, A, B, C, D}


@given(st.integers(0, 25), st.sampled_from(["{}", "{}.", "({})", "{})", "**{}**", "Answer: {}", "the answer is ({})."]))
def test_every_letter_is_read_in_every_form(place: int, form: str) -> None:
    options = [f"class {number}" for number in range(26)]
    assert letters.option_named(form.format("ABCDEFGHIJKLMNOPQRSTUVWXYZ"[place]), options) == place


def responses(*texts: str | None) -> pl.DataFrame:
    rows = [
        {"image_id": str(place), "run": 0, "request_key": "k", "position": 1, "images_in_request": 1, "text": text,
         "attempts": 1, "status": "empty" if text is None else "ok"}
        for place, text in enumerate(texts)
    ]  # fmt: skip
    return Responses.validate(pl.DataFrame(rows, schema=Responses.create_empty().schema))


def choices(images: int) -> pl.DataFrame:
    rows = [(str(place), 0, [7, 3, 5], ["random", "imgt", "random"], 1, None) for place in range(images)]
    return pl.DataFrame(rows, schema=Choices.create_empty().schema, orient="row")


NAMES = [f"class {number}" for number in range(1000)]


def test_an_answer_is_mapped_to_the_class_of_its_option_or_is_out_of_prompt() -> None:
    found = letters.chosen(responses("B", "(c)", "class 7", "a bird", None), choices(5), NAMES)
    assert found["class_id"].to_list() == [3, 5, 7, None, None]
    assert found["method"].to_list() == ["letter", "letter", "letter", "none", "none"]
    assert found["oop"].to_list() == [False, False, False, True, False]
    Predictions.validate(found)


def test_an_answer_to_no_question_is_refused() -> None:
    with pytest.raises(UserError, match="expected a question for each, found none for 2 in run 0"):
        letters.chosen(responses("A", "B", "C"), choices(2), NAMES)
