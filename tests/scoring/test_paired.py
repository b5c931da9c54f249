from itertools import product
from pathlib import Path

import polars as pl
import pytest
from imeval.base import parquet
from imeval.base.errors import UserError
from imeval.scoring import metrics, paired
from imeval.scoring.contract import Metrics, Scores
from imeval.scoring.paired import correctness_of
from scored import A, B, scores


def test_correctness_has_a_column_for_each_entry_and_a_row_for_each_image() -> None:
    found = correctness_of({A: scores("110"), B: scores("011")}, "exclude")
    assert found.entries == (A, B)
    assert found.categories.tolist() == ["S+"] * 3
    assert found.correct["regt"].tolist() == [[True, False], [True, True], [False, True]]


@pytest.mark.parametrize(("errors", "counted"), [("exclude", [True, False]), ("wrong", [True, True])])
def test_an_error_counts_only_if_errors_are_wrong(errors: metrics.Errors, counted: list[bool]) -> None:
    assert correctness_of({A: scores("10", failed="1")}, errors).counted[:, 0].tolist() == counted


def test_entries_scored_on_different_images_are_refused_with_the_images() -> None:
    message = (
        r"^scores of b/cw: image_id: expected the 2 images of a/cw, found 4 images; only one of the two has 2, 3; "
    )
    with pytest.raises(UserError, match=message):
        correctness_of({A: scores("11"), B: scores("1111")}, "exclude")


def test_a_repeated_task_is_compared_by_its_first_run() -> None:
    repeated = pl.concat([scores("11"), scores("00", run=1)])
    assert correctness_of({A: repeated}, "exclude").correct["regt"].all()


def test_the_best_task_of_each_model_is_what_a_table_of_best_tasks_compares() -> None:
    accuracy = dict(zip([A, ("a", "ow"), B], [0.5, 0.6, 0.4], strict=True))
    measured = pl.DataFrame(
        [
            (*entry, "accuracy", labels, "A", value)
            for (entry, value), labels in product(accuracy.items(), ["imgt", "regt"])
        ],
        schema=["model", "task", "metric", "labels", "category", "value"],
        orient="row",
    )
    assert paired.shown([list(entry) for entry in accuracy], measured, "regt") == {1: ("a", "ow"), 2: B}
    assert len(paired.shown([list(entry) for entry in accuracy], measured, None)) == 3


def test_only_the_scores_of_shown_entries_are_read(tmp_path: Path) -> None:
    measured = []
    for task, hits in (("cw", "10"), ("ow", "11")):
        frame = metrics.measure(scores(hits), "a", task, "exclude", 0.95)
        measured.append(str(tmp_path / f"{task}-metrics.parquet"))
        parquet.write(measured[-1], Metrics, frame)
    best = str(tmp_path / "ow.parquet")
    parquet.write(best, Scores, scores("11"))
    entries = [["a", "cw"], ["a", "ow"]]
    found = paired.read_correctness(["no file", best], measured, entries, "regt", "exclude")
    assert found.entries == (("a", "ow"),)
