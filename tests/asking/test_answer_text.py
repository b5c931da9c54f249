import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imeval.asking.answer_text import answer_schema, read_answers
from jsonschema import Draft202012Validator

TWO = {1: "tench", 2: "yellow lady's slipper"}


@pytest.mark.parametrize(
    "text",
    [
        '{"1": "tench", "2": "yellow lady\'s slipper"}',
        '{"2": "yellow lady\'s slipper", "1": "tench"}',
        '```json\n{"1": "tench", "2": "yellow lady\'s slipper"}\n```',
        'Sure! For example {"1": "hen"}. Here it is:\n{"1": " tench ", "2": "yellow lady\'s slipper"} Bye {}.',
        '{"answers": {"1": "tench", "2": "yellow lady\'s slipper"}}',
        '{"Image 1": "tench", "image 2": "yellow lady\'s slipper", "note": "the second is a flower"}',
        '{"1": "tench", "2": "yellow lady\'s slipper",}',
        '{"1": "tench", "2": "yellow lady\'s slipper", "3',
        '{"1": "tench",\n"2": "yellow lady\'s slipper"',
    ],
    ids=[
        "plain",
        "order",
        "fence",
        "text around",
        "nested",
        "words",
        "comma",
        "cut off in a key",
        "cut off at the end",
    ],
)
def test_an_answer_is_read_whatever_stands_around_it(text: str) -> None:
    assert read_answers(text, 2) == TWO


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ('{"1": "tench"}', {1: "tench"}),
        ('{"1": "tench", "2": "golden retr', {1: "tench"}),
        ('{"1": "tench", "2": ""}', {1: "tench"}),
        ('{"1": "tench", "2": null}', {1: "tench"}),
        ('{"1": "tench", "2": ["hen", "cock"]}', {1: "tench"}),
        ('{"1": "tench", "2": "hen", "2": "cock"}', {1: "tench"}),
        ('{"1": "tench", "2": "hen", "2": "hen"}', {1: "tench", 2: "hen"}),
        ("", {}),
        ("a tench and a hen", {}),
        ('["tench", "hen"]', {1: "tench", 2: "hen"}),
        ('["tench", "hen", "cock"]', {}),
        ("{'1': 'tench', '2': 'hen'}", {1: "tench", 2: "hen"}),
    ],
)
def test_what_an_answer_lacks_is_left_out(text: str, answers: dict[int, str]) -> None:
    assert read_answers(text, 2) == answers


@pytest.mark.parametrize("text", ['{"0": "tench", "1": "hen"}', '{"11": "tench", "12": "hen"}', '{"1": "a", "3": "b"}'])
def test_an_answer_that_numbers_other_photographs_is_not_believed(text: str) -> None:
    assert read_answers(text, 2) == {}


def test_a_text_without_json_is_the_answer_about_the_only_photograph() -> None:
    assert read_answers(" golden retriever\n", 1) == {1: "golden retriever"}
    assert read_answers(" \n", 1) == {}
    assert read_answers('{"1": "hen"}', 1) == {1: "hen"}


@given(st.lists(st.text(min_size=1).filter(lambda text: text.strip()), min_size=1, max_size=50))
def test_every_answer_in_json_comes_back(said: list[str]) -> None:
    answer = json.dumps({str(number): text for number, text in enumerate(said, start=1)})
    assert read_answers(answer, len(said)) == {number: text.strip() for number, text in enumerate(said, start=1)}


@given(st.text(alphabet='{}[]":,12 \\nua\n'), st.integers(1, 3))
def test_any_text_is_read_without_an_error_and_tells_of_no_other_photograph(text: str, images: int) -> None:
    answers = read_answers(text, images)
    assert set(answers) <= set(range(1, images + 1))
    assert all(answer == answer.strip() != "" for answer in answers.values())


def test_the_schema_asks_for_one_text_a_photograph() -> None:
    validator = Draft202012Validator(answer_schema(2))
    assert validator.is_valid({"1": "tench", "2": "hen"})
    assert not validator.is_valid({"1": "tench"})
    assert not validator.is_valid({"1": "tench", "2": "hen", "3": "cock"})


@pytest.mark.parametrize(
    "text",
    [
        '{"1": "goldfish", "why": {"1": "orange body"}}',
        '{"1": "goldfish", "confidence": {"1": "0.9"}}',
        '```json\n{"1": "goldfish"}\n```',
        '{"1": "goldfish",}',
        "{'1': 'goldfish'}",
        '{1: "goldfish"}',
        "{\u201c1\u201d: \u201cgoldfish\u201d}",
        '{"image_1": "goldfish"}',
        '{"answer": "goldfish"}',
        '{"1": ["goldfish"]}',
        '["goldfish"]',
        "{1: goldfish}",
        '{{"1": "goldfish"}}',
        '<think>{"1": "hen"}</think>{"1": "goldfish"}',
        '{"1": {"label": "goldfish", "confidence": 0.9}}',
        '[{"image": 1, "label": "goldfish"}]',
        '{"label": "goldfish", "confidence": 0.93}',
        '\uff5b"1"\uff1a"goldfish"\uff5d',
        '{"image": 1, "answer": "goldfish"}',
        '{"1": "goldfish"}<|im_end|>',
        'A box \\text{x} {"1": "goldfish"}',
    ],
)
def test_json_about_one_image_is_read_as_models_write_it(text: str) -> None:
    assert read_answers(text, 1) == {1: "goldfish"}


@pytest.mark.parametrize(
    "text",
    [
        '{"1": "goldfish", "2": "hen", "why": {"1": "orange", "2": "comb"}}',
        '{"1": "goldfish", "2": "hen", "second": {"2": "cock"}}',
        '{"1": "goldfish"}\n{"2": "hen"}',
        '["goldfish", "hen"]',
        '[{"1": "goldfish"}, {"2": "hen"}]',
        '{"1": "goldfish" "2": "hen"}',
        '{"1": "goldfish"; "2": "hen"}',
        '{"answers": ["goldfish", "hen"]}',
        '{"1.": "goldfish", "2.": "hen"}',
        '{"image_1": "goldfish", "image_2": "hen"}',
        "{1: 'goldfish', 2: 'hen'}",
    ],
)
def test_json_about_two_images_is_read_as_models_write_it(text: str) -> None:
    assert read_answers(text, 2) == {1: "goldfish", 2: "hen"}


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('{"1": 207}', "207"),
        ('{"1": 207.0}', "207"),
        ('{"answer": 207}', "207"),
        ("{'1': \"potter's wheel\"}", "potter's wheel"),
        ("{'1': 'potter's wheel'}", "potter's wheel"),
        (r'{"1": "potter\'s wheel"}', "potter's wheel"),
        ("<think>A hen? No.</think>\n\nTench.", "Tench."),
        ("A hen? No.</think>\n\nTench.", "Tench."),
        ("[THINK]a hen[/THINK]tench", "tench"),
        ("\u25c1think\u25b7a hen\u25c1/think\u25b7tench", "tench"),
        (
            "<|channel|>analysis<|message|>hen<|end|><|start|>assistant<|channel|>final<|message|>tench<|return|>",
            "tench",
        ),
        ("<|channel>thought\nA hen?<channel|>tench", "tench"),
        ("<|channel>thought\nA hen?", None),
        ("<|thinking|>a hen<|/thinking|>tench", "tench"),
        ("<|START_THINKING|>a hen<|END_THINKING|><|START_RESPONSE|>tench<|END_RESPONSE|>", "tench"),
        ("<s>tench</s>", "tench"),
        ("tench<end_of_turn>\n<start_of_turn>user\nAnd this?", "tench"),
        ("<answer>tench</answer>", "tench"),
        (r"It is $\boxed{\text{tench}}$.", r"\text{tench}"),
        ("```\ntench\n```", "tench"),
        ("\ufefftench\u200b", "tench"),
        # No answer: unfinished thoughts, JSON that is cut off, explanations, unclear ends of strings.
        ("<think>Still looking at the tench", None),
        ('{"1": 20', None),
        ("{", None),
        ('{"why": {"1": "orange"}}', None),
        ('{"1": "a "toy" poodle"}', None),
        ('["tench", "hen"]', None),
        ('{"1": {"why": "fins"}}', None),
        ('{"answer": "tench", "final_answer": "hen"}', None),
    ],
)
def test_an_answer_about_one_image_is_literal_or_none(text: str, answer: str | None) -> None:
    assert read_answers(text, 1).get(1) == answer


def test_other_tags_of_thoughts_can_be_named() -> None:
    assert read_answers("<muse>hen</muse>tench", 1, ("muse",)) == {1: "tench"}


@pytest.mark.parametrize("piece", ["{", "[", '{"1":', "[{", "{ ", "<think>", "a "])
def test_a_megabyte_takes_seconds_at_most(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    start = time.process_time()
    read_answers(text, 2)
    assert time.process_time() - start < 3
