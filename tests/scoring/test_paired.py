from itertools import product
from pathlib import Path

import polars as pl
import pytest
from imeval.base import parquet
from imeval.base.errors import UserError
from imeval.labels.contract import Labels
from imeval.scoring import metrics, paired
from imeval.scoring.contract import Scores
from imeval.scoring.paired import Row, correctness_of
from scored import A, B, labels, scores, side_by_side


def test_correctness_has_a_column_for_each_entry_and_a_row_for_each_image() -> None:
    found = side_by_side({A: scores("110"), B: scores("011")}, a_class=2)
    assert found.entries == (A, B)
    assert found.categories.tolist() == ["S+"] * 3
    assert found.classes.tolist() == [0, 0, 1]
    assert [hits.tolist() for hits in found.correct["regt"]] == [
        [[True], [True], [False]],
        [[False], [True], [True]],
    ]


@pytest.mark.parametrize(("errors", "counted"), [("exclude", [True, False]), ("wrong", [True, True])])
def test_an_error_counts_only_if_errors_are_wrong(errors: metrics.Errors, counted: list[bool]) -> None:
    assert side_by_side({A: scores("10", failed="1")}, errors).counted[:, 0].tolist() == counted


def test_images_without_a_label_do_not_count_if_they_are_excluded() -> None:
    frame = scores("111").with_columns(category=pl.Series(["S+", "N", "S+"]))
    found = correctness_of({A: frame}, labels(3), "wrong", no_object="exclude")
    assert found.counted[:, 0].tolist() == [True, False, True]


def test_entries_scored_on_different_images_are_refused_with_the_images() -> None:
    message = (
        r"^scores of b/cw: image_id: expected the 2 images of a/cw, found 4 images; only one of the two has 2, 3; "
    )
    with pytest.raises(UserError, match=message):
        side_by_side({A: scores("11"), B: scores("1111")})


def test_a_repeated_task_has_every_run_and_counts_the_images_that_none_of_them_lacks() -> None:
    repeated = pl.concat([scores("110"), scores("000", failed="2", run=1)])
    found = side_by_side({A: repeated, B: scores("111")})
    assert found.runs == (2, 1)
    assert found.correct["regt"][0].tolist() == [[True, False], [True, False], [False, False]]
    assert found.counted.tolist() == [[True, True], [True, True], [False, True]]


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
    assert paired.shown([list(entry) for entry in accuracy], measured, "regt") == [
        Row(("a", "ow"), 1, (0, 1)),
        Row(B, 2, (2,)),
    ]
    assert [row.places for row in paired.shown([list(entry) for entry in accuracy], measured, None)] == [
        (0,), (1,), (2,)
    ]  # fmt: skip


def test_the_scores_of_all_entries_are_read_with_their_labels(tmp_path: Path) -> None:
    paths = [str(tmp_path / name) for name in ("cw.parquet", "ow.parquet", "labels.parquet")]
    for path, hits in zip(paths, ("10", "11"), strict=False):
        parquet.write(path, Scores, scores(hits))
    parquet.write(paths[-1], Labels, labels(2))
    found = paired.read_correctness(paths[:2], paths[-1], [["a", "cw"], ["a", "ow"]], "exclude")
    assert found.entries == (("a", "cw"), ("a", "ow"))
    assert found.classes.tolist() == [0, 1]
