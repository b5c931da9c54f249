import pickle
from pathlib import Path

import pytest
from imeval.base.errors import DamagedError, UserError, UserErrors, mistake, mistakes, one_line, printable, some

LINE_3 = mistake("labels.csv, line 3", "labels", "a class id", repr("x"), "correct it")
DAMAGED = DamagedError(Path("a.parquet"), "file", "a whole one", "half of one")
BARE = UserError("no images; select some")


def test_a_mistake_has_its_parts_and_their_sentence() -> None:
    assert (LINE_3.where, LINE_3.field, LINE_3.expected) == ("labels.csv, line 3", "labels", "a class id")
    assert (LINE_3.found, LINE_3.remedy) == ("'x'", "correct it")
    assert LINE_3.problem == "labels.csv, line 3: labels: expected a class id, found 'x'"
    assert str(LINE_3) == f"{LINE_3.problem}; correct it"


def test_parts_that_are_no_text_are_written_as_text() -> None:
    error = mistake(Path("a.csv"), "rows", "2", 3, "add one")
    assert (error.where, error.found) == ("a.csv", "3")


def test_a_bare_sentence_has_no_parts() -> None:
    assert (BARE.where, BARE.field, BARE.expected, BARE.found, BARE.remedy) == (None,) * 5
    assert BARE.problem == str(BARE) == "no images; select some"


def test_a_damaged_file_is_known_by_its_path() -> None:
    assert DAMAGED.path == Path("a.parquet")
    assert str(DAMAGED).startswith("a.parquet: file: expected a whole one, found half of one; run the same command")


def test_several_errors_are_one_with_a_line_each() -> None:
    several = mistakes([LINE_3, BARE])
    assert isinstance(several, UserErrors)
    assert several.errors == (LINE_3, BARE)
    assert str(several).splitlines() == [str(LINE_3), str(BARE)]
    assert mistakes([LINE_3]) is LINE_3


@pytest.mark.parametrize("error", [LINE_3, BARE, DAMAGED, mistakes([LINE_3, BARE])])
def test_a_record_restores_the_sentence_and_its_parts(error: UserError) -> None:
    restored = UserError.restored(error.record())
    assert str(restored) == str(error)
    assert restored.remedy == error.remedy


def test_an_error_survives_the_way_between_processes() -> None:
    for error in (LINE_3, BARE):
        copied = pickle.loads(pickle.dumps(error))
        assert (str(copied), copied.remedy) == (str(error), error.remedy)


def test_an_error_of_any_kind_is_one_line() -> None:
    assert one_line(RuntimeError("CUDA error:\n  assert")) == "RuntimeError: CUDA error: assert"
    assert one_line(mistake("a.jpg", "image", "a whole image", "half", "replace it")).startswith(
        "a.jpg: image: expected"
    )
    assert len(one_line(ValueError("x" * 1000))) == 300


def test_only_the_first_items_are_listed() -> None:
    assert some(range(3)) == "0, 1, 2"
    assert some("abcdefg", 5) == "a, b, c, d, e and 2 more"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a hen — 母鸡 é", "a hen — 母鸡 é"),
        ("\x1b[2Jgone", r"\x1b[2Jgone"),
        ("one\r\n12:00 ERROR two", r"one\r\n12:00 ERROR two"),
        ("\u202etxt.exe\x9b\ud800\x00", r"\u202etxt.exe\x9b\ud800\x00"),
    ],
)
def test_what_a_terminal_would_obey_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert str(UserError(text)) == shown
    assert str(mistake(text, "text", "a class name", text, "correct it")) == (
        f"{shown}: text: expected a class name, found {shown}; correct it"
    )
