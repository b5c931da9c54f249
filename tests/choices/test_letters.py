import time

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


ANIMALS = ["dog", "cat", "goose", "goldfish"]


@pytest.mark.parametrize(
    "answer",
    [
        "B",
        "\\boxed{B}",
        "$\\boxed{\\text{B}}$",
        "<answer>B</answer>",
        "B<|im_end|>",
        "<|begin_of_box|>B<|end_of_box|>",
        '{"answer": "B"}',
        "<think>It could be (A) a dog or (C) a goose. No.</think>\nB",
        "<think>Option A: dog. Answer: A?</think>\n\nAnswer: B",
        "no tail, so not (A) </think>\n\nB",
        "The answer is B because of the whiskers.",
        "B, because of the whiskers",
        "\u7b54\u6848\u4e0d\u662fA\uff0c\u662fB",
        "It is a cat.",
        "It is B.",
        "B is correct.",
        "I choose B since it has fur",
        "Selected: B",
        "cat (B)",
        "a cat",
        "The cat.",
        "B) cat, as the ears show",
        "\uff22",
        "\uff08B\uff09",
        "B\u3002",
        "B\u3001cat",
        "\u7b54\u6848\u662fB",
        "\u7b54\u6848\uff1aB",
        "\u6b63\u786e\u7b54\u6848\u662f\uff08B\uff09\u3002",
        "\ufeffB",
        "B\u200b",
        "\u041e\u0442\u0432\u0435\u0442: B",
        "[[B]]",
        "**Answer: B**",
        "Answer: **B**",
        "The correct answer is **B**.",
        "The correct answer is: **B) cat**",
        "Answer - B",
        "Final Answer: B",
        "**B) cat**",
        "**B.** cat",
        "B: cat",
        "B - cat",
        "B \u2013 cat",
        "(B) cat",
        "[B] cat",
        "B. cat\n\nThe ears are pointed.",
        "The dog (A) has other ears and the goose (C) feathers. The answer is B.",
        "Option A is wrong, option B is correct.",
        "It is not A. It is B.",
        "B, not A.",
        "The answer is B, not A",
        "I would go with B.",
        "My choice is B.",
        "Option B",
        "option (b)",
        "The image shows a cat, so the answer is (B).",
        "Let me think.\n\nThe ears are pointed, unlike (A).\n\nB",
        "Final answer: $\\boxed{B}$",
        "answer: 'b'",
        "Answer: <B>",
        "\u9009B",
        "\u6211\u9009\u62e9B\u3002",
        "\u6b63\u786e\u7b54\u6848\uff1aB",
        "\u5e94\u9009 B",
        "B\u662f\u6b63\u786e\u7684",
        "\u7b54\u3048\u306fB\u3067\u3059",
        "\u6b63\u89e3\uff1aB",
        "\uc815\ub2f5\uc740 B\uc785\ub2c8\ub2e4",
        "\uc815\ub2f5: B",
        "R\xe9ponse : B",
        "La bonne r\xe9ponse est B.",
        "Die Antwort ist B.",
        "La respuesta es B.",
        "La respuesta correcta es la B",
        "A resposta \xe9 B",
        "\u041f\u0440\u0430\u0432\u0438\u043b\u044c\u043d\u044b\u0439 \u043e\u0442\u0432\u0435\u0442: B",
        "\u24b7",
        "<b>B</b>",
        "B</s>",
        "B<eos>",
        "B<end_of_turn>\n",
        "```\nB\n```",
        "`B`",
        "\u201cB\u201d",
        "B.",
        "B)",
        "(B).",
        "b",
        "B\n",
        "The letter is B",
        "Answer (B)",
        "The best match is B.",
        "That would be B.",
        "It's B!",
        "Therefore, the answer is option B.",
        "Thus the correct option is (B) cat.",
        "The answer is B: cat",
        "The answer is B cat",
        "The answer is: B. cat",
        "The answer is cat.",
        "Answer: a cat",
        "Answer:\n\nB",
        "A and C are birds or dogs, so the answer is B.",
        "I don't think it is A. The answer is B.",
        "A is incorrect. B is correct.",
        "B is the best answer.",
        "B would be the correct choice",
        "(B) is right",
        "Final answer: B. (A) was my first guess.",
        "<reasoning>A?</reasoning><answer>B</answer>",
        "[THINK]A or C[/THINK]B",
        "\u25c1think\u25b7maybe A\u25c1/think\u25b7B",
        "<|channel|>analysis<|message|>Could be (A)<|end|><|start|>assistant<|channel|>final<|message|>B<|return|>",
        "{'answer': 'B'}",
        '```json\n{"answer": "B"}\n```',
        '{"answer": "B", "reason": "not (A)"}',
        "&quot;B&quot;",
        "B&nbsp;",
        "\u202aB\u202c",
        "B\xa0",
        "The answer is B (cat).",
        "cat, B) is my answer",
        "*B*",
        "__B__",
        "> B",
        "### B",
        "- B",
        "$B$",
        "\\(B\\)",
        "B\u9009\u9879",
        "\u0411\u0443\u043a\u0432\u0430 B",
        "Assistant: B",
        "Ans: B",
        'a "cat"',
        "(cat)",
        "cat!",
        "\u3010B\u3011",
        "\u041e\u0442\u0432\u0435\u0442 \u2014 B",
        "B\ufe0f",
        "I first thought A, but the answer is B.",
        "It cannot be A or C. It must be B.",
        "The answer is $B$.",
    ],
)
def test_an_answer_as_models_write_it_names_option_b(answer: str) -> None:
    assert letters.option_named(answer, ANIMALS) == B


@pytest.mark.parametrize(
    "answer",
    [
        "A",
        "Answer: A",
        "A because it has fur",
        "The answer is A because it barks",
        "\u041e\u0442\u0432\u0435\u0442: \u0410",
        "dog",
        "A dog",
        "a dog",
        "A: dog",
        "A. dog",
        "The answer is A.",
        "I choose A",
        "A is correct.",
    ],
)
def test_an_answer_as_models_write_it_names_option_a(answer: str) -> None:
    assert letters.option_named(answer, ANIMALS) == A


@pytest.mark.parametrize(
    "answer",
    [
        "A or B",
        "Both A and B",
        "None of the above",
        "E",
        "I cannot tell.",
        "A good answer would need more detail.",
        "<think>the answer is B",
        "<think>B</think>",
        "The answer is A or B.",
        "A and B are correct",
        "A/B",
        "A, B",
        "not B",
        "B is wrong.",
        "The answer is not B.",
        "\u041e\u0442\u0432\u0435\u0442: \u0411",
        "\u041e\u0442\u0432\u0435\u0442: \u0412",
        "It is a dog or a cat.",
        "The answer is a horse",
        "A cat sits on a mat.",
        "A cat",
        "(A) (B)",
        "A) dog\nB) cat\nC) goose\nD) goldfish",
        "The answer is A. The answer is B.",
        "Is the answer B?",
        "I think option A or option B",
        "cat dog",
        "",
        "B?x",
        "\xb0C",
        "C++",
        "vitamin B",
        "The answer is unclear.",
        "Neither A nor B",
        "cat (A)",
        "A dog (B)",
        "A. dog or B. cat",
        "(A) dog and (B) cat",
        "The speaker is Assistant: B",
        "cat?",
    ],
)
def test_an_answer_without_a_decision_names_no_option(answer: str) -> None:
    assert letters.option_named(answer, ANIMALS) is None


@pytest.mark.parametrize("piece", ["A ", "(a) ", "A, ", "a or ", "answer ", "[", '{"1":'])
def test_400_kilobytes_take_less_than_a_second(piece: str) -> None:
    text = piece * (400_000 // len(piece))
    start = time.process_time()
    letters.option_named(text, ANIMALS)
    assert time.process_time() - start < 1


def test_a_synonym_of_an_option_names_it() -> None:
    synonyms = {"seventh heaven": 7, "eighth": 8, "none of them": 900}
    answered = responses("Seventh heaven.", "a seventh heaven", "An eighth", "none of them", "B")
    found = letters.chosen(answered, choices(5), NAMES, (), synonyms)
    assert found["class_id"].to_list() == [7, 7, None, None, 3]
