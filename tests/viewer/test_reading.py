from pathlib import Path

import pytest
import small_run
from imeval.base.errors import UserError
from imeval.viewer.browsed import Browsed
from imeval.viewer.reading import Results
from small_run import HEN, ODD_NAME, ROOSTER, prediction


def test_images_are_those_evaluated_and_those_broken(browsed: Browsed) -> None:
    images = Results(browsed).images(browsed.image_sets[0], "regt")
    assert images["image_id"].to_list() == ["a", ODD_NAME, "c", "d", "e"]
    assert images["broken"].to_list() == [False] * 4 + [True]
    assert images["category"].to_list() == ["S+", "S-", "M+", "N", None]


def test_answers_have_a_row_for_each_image(browsed: Browsed) -> None:
    image_set = browsed.image_sets[0]
    answers = Results(browsed).answers(image_set, "regt", image_set.answers[1])
    assert answers["text"].to_list() == ["rooster", "rooster", small_run.SCRIPT, None, None]
    scored = Results(browsed).scored(image_set, "regt", image_set.answers[1])
    assert scored["regt_correct"].to_list() == [True, False, False, False, None]
    assert scored["outcome"].to_list() == [*["answered"] * 3, "error", None]


def test_answers_without_scores_are_shown_unscored(tmp_path: Path) -> None:
    browsed = small_run.write(tmp_path)
    image_set = browsed.image_sets[0]
    Path(image_set.answers[0].scores["regt"]).unlink()
    results = Results(browsed)
    assert results.answers(image_set, "regt", image_set.answers[0])["class_id"].to_list() == [
        *(ROOSTER, HEN, ROOSTER, 9, None)
    ]
    assert results.scored(image_set, "regt", image_set.answers[0])["regt_correct"].to_list() == [None] * 5


def test_what_a_run_makes_meanwhile_is_shown(tmp_path: Path) -> None:
    browsed = small_run.write(tmp_path)
    image_set, results = browsed.image_sets[0], Results(browsed)
    predictions = Path(image_set.answers[1].predictions["regt"])
    hidden = predictions.rename(tmp_path / "later")
    assert [files.model for files in results.answered(image_set, "regt")] == ["good"]
    hidden.rename(predictions)
    assert [files.model for files in results.answered(image_set, "regt")] == ["good", "odd"]


def test_runs_of_the_same_questions_are_apart(tmp_path: Path) -> None:
    again = [(row[0], 1, *prediction(row[0], HEN, "hen")[2:]) for row in small_run.GOOD]
    browsed = small_run.write(tmp_path, {"good": [*small_run.GOOD, *again]})
    image_set, results = browsed.image_sets[0], Results(browsed)
    assert results.runs(image_set.answers[0], "regt") == [0, 1]
    assert results.answers(image_set, "regt", image_set.answers[0], 1)["text"].to_list() == ["hen"] * 4 + [None]


def test_out_of_prompt_answers_have_kinds(browsed: Browsed) -> None:
    image_set = browsed.image_sets[0]
    kinds = Results(browsed).kinds(image_set, "regt", image_set.answers[1])
    assert kinds.to_list() == [None, None, "wrong", None, None]


def test_label_sets_are_those_whose_files_exist(browsed: Browsed) -> None:
    assert Results(browsed).label_sets(browsed.image_sets[0]) == ["regt"]


def test_texts_are_searched_in_either_case_and_as_they_are(browsed: Browsed) -> None:
    image_set, results = browsed.image_sets[0], Results(browsed)
    good = image_set.answers[0]
    assert results.containing("ROOST", image_set, "regt", good).to_list() == [True, False, True, False, None]
    assert results.containing(".*", image_set, "regt", good).to_list() == [False] * 4 + [None]


def test_answers_are_read_ahead_and_damage_is_left_for_the_page_that_shows_it(tmp_path: Path) -> None:
    browsed = small_run.write(tmp_path)
    image_set, results = browsed.image_sets[0], Results(browsed)
    results.read_ahead()
    damaged = Path(image_set.answers[1].scores["regt"])
    damaged.write_bytes(b"no Parquet")
    results.read_ahead()
    with pytest.raises(UserError, match=r"odd\.parquet"):
        results.scored(image_set, "regt", image_set.answers[1])
