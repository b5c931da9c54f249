import polars as pl
import pytest
from imeval.labels.contract import Labels
from imeval.scoring import breakdowns, metrics
from imeval.scoring.contract import Metrics, Scores


def scores(*images: tuple[str, str, bool, bool]) -> pl.DataFrame:
    rows = [(image, 0, category, "answered", False, regt, oop, oop, False) for image, category, regt, oop in images]
    return pl.DataFrame(rows, schema=Scores.create_empty().schema, orient="row")


def test_accuracy_at_a_position_is_over_the_images_at_that_position_of_the_other_task() -> None:
    responses = pl.DataFrame(
        {"image_id": ["a", "b", "c", "d"], "run": 0, "position": [1, 2, 1, 2]},
        {"image_id": pl.String, "run": pl.Int16, "position": pl.Int16},
    )
    measured = scores(
        ("a", "S+", True, False), ("b", "S+", False, True), ("c", "S+", False, False), ("d", "N", True, True)
    )
    found = Metrics.validate(
        breakdowns.measure_positions(
            measured, responses, [1, 2, 3], model="m", task="cw.batch_1", errors="exclude", confidence=0.95
        )
    )
    regt = {row["metric"]: row for row in found.filter(labels="regt").iter_rows(named=True)}
    assert (regt["accuracy_at_1"]["n_hit"], regt["accuracy_at_1"]["n"]) == (1, 2)
    assert (regt["accuracy_at_2"]["n_hit"], regt["accuracy_at_2"]["n_oop"]) == (1, 2)
    assert regt["accuracy_at_3"]["value"] is None


def test_recall_is_over_the_images_of_a_class_under_either_label_set() -> None:
    rows = [("a", 1, [1], [1], [1], "S+"), ("b", 1, [1], [2], [2], "S-"), ("c", 2, [2], [1, 2], [1, 2], "M+")]
    labels = pl.DataFrame(rows, schema=Labels.create_empty().schema, orient="row")
    measured = scores(("a", "S+", True, False), ("b", "S-", True, False), ("c", "M+", True, False))
    found = Metrics.validate(
        breakdowns.measure_recall(measured, labels, model="m", task="cw", errors="exclude", confidence=0.95)
    )
    counts = {(row["metric"], row["labels"]): (row["n_hit"], row["n"]) for row in found.iter_rows(named=True)}
    assert counts == {
        ("recall_1", "imgt"): (0, 2),
        ("recall_2", "imgt"): (0, 1),
        ("recall_1", "regt"): (1, 1),
        ("recall_2", "regt"): (1, 1),
    }


@pytest.mark.parametrize(("errors", "accuracy", "n"), [("exclude", 1.0, 1), ("wrong", 0.5, 2)])
def test_errors_leave_the_denominator_or_count_as_not_correct(errors: metrics.Errors, accuracy: float, n: int) -> None:
    failed = scores(("b", "S+", False, False)).with_columns(outcome=pl.lit("error"))
    responses = pl.DataFrame({"image_id": ["a", "b"], "run": 0, "position": 1}, schema_overrides={"run": pl.Int16})
    found = breakdowns.measure_positions(
        pl.concat([scores(("a", "S+", True, False)), failed]),
        responses,
        [1],
        model="m",
        task="cw",
        errors=errors,
        confidence=0.95,
    )
    (row,) = found.filter(labels="regt").iter_rows(named=True)
    assert [row[key] for key in ("value", "n", "n_asked", "n_hit", "n_error")] == [accuracy, n, 2, 1, 1]
