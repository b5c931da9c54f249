from pathlib import Path

import small_run
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
    assert answers["regt_correct"].to_list() == [True, False, False, False, None]


def test_answers_without_scores_are_shown_unscored(tmp_path: Path) -> None:
    browsed = small_run.write(tmp_path)
    image_set = browsed.image_sets[0]
    Path(image_set.answers[0].scores["regt"]).unlink()
    answers = Results(browsed).answers(image_set, "regt", image_set.answers[0])
    assert answers["class_id"].to_list() == [ROOSTER, HEN, ROOSTER, 9, None]
    assert answers["regt_correct"].to_list() == [None] * 5


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
