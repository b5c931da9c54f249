import pytest
from imeval.asking.clean_text import folded, split_thoughts, unwrapped, valid_unicode, without_thoughts


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<think>a hen?</think> tench", " tench"),
        ("a hen? </think> tench", " tench"),
        ("<think>a hen or", ""),
        ("<think>I use <think> tags</think>tench", "tench"),
        ("<THINK>hen</THINK>tench", "tench"),
        ("tench", "tench"),
    ],
)
def test_a_thought_is_no_part_of_an_answer(text: str, answer: str) -> None:
    assert without_thoughts(text) == answer


def test_the_last_frame_counts() -> None:
    assert unwrapped(r"\boxed{hen}, or better \boxed{tench}") == "tench"
    assert unwrapped(r"\boxed{}tench") == r"\boxed{}tench"


@pytest.mark.parametrize(
    "text",
    [
        "Lady\u2019s Slipper.",
        '"lady&#39;s\u00a0slipper"',
        "**lady's  slipper**",
        "<b>lady's slip\u00adper</b>",
        "$lady's slipper$",
    ],
)
def test_spellings_of_one_answer_fold_to_the_same(text: str) -> None:
    assert folded(text) == "lady's slipper"


@pytest.mark.parametrize(
    ("text", "thoughts", "rest"),
    [
        ("<think>a hen?</think> tench", "a hen?", " tench"),
        ("a hen? </think> tench", "a hen? ", " tench"),
        ("<think>a</think>b<think>c</think>d", "ac", "bd"),
        ("<think>a</think>b</think>d", "ab", "d"),
        ("hen <think>or a", "hen or a", ""),
        ("tench", "", "tench"),
    ],
)
def test_thoughts_are_set_apart(text: str, thoughts: str, rest: str) -> None:
    assert split_thoughts(text) == (thoughts, rest)


def test_half_of_a_pair_becomes_a_sign_that_a_file_can_hold() -> None:
    assert valid_unicode("a\ud83db \U0001f600") == "a\ufffdb \U0001f600"
