import polars as pl
import pytest
from imeval.labels.contract import MEASURED
from imeval.scoring import correctness, metrics
from imeval.scoring.contract import Metrics

from .five_images import LABELS, original, predictions, regt, without_class


def value(measured: pl.DataFrame, category: str, labels: str = "regt", metric: str = "accuracy") -> float | None:
    return cell(measured, "value", category, labels, metric)


def cell(measured: pl.DataFrame, column: str, category: str, labels: str = "regt", metric: str = "accuracy") -> float:
    Metrics.validate(measured)
    return measured.row(by_predicate=key(category, labels, metric), named=True)[column]


def key(category: str, labels: str, metric: str) -> pl.Expr:
    return (pl.col("category") == category) & (pl.col("labels") == labels) & (pl.col("metric") == metric)


def measured(
    *parts: pl.DataFrame, errors: metrics.Errors = "exclude", no_object: metrics.NoObject = "correct"
) -> pl.DataFrame:
    scores = correctness.score(pl.concat(parts), regt())
    return metrics.measure(scores, "socratic", "ow", errors, 0.95, no_object=no_object)


def test_accuracy_of_every_category_under_every_label_set() -> None:
    table = measured(original())
    assert len(table) == 45
    by_category = {category: value(table, category) for category in MEASURED}
    assert by_category == {
        "A": 0.6,
        "A-N": 0.5,
        "S": 0.5,
        "S+": 1.0,
        "S-": 0.0,
        "M": 0.5,
        "M+": 1.0,
        "M-": 0.0,
        "N": 1.0,
    }
    assert value(table, "A", "imgt") == 1.0
    assert value(table, "A", "imgt_and_regt") == 0.6


def test_images_without_a_label_leave_every_accuracy_if_they_are_excluded_but_no_rate_of_answers() -> None:
    table = measured(original().filter(pl.col("image_id") != "nothing"), predictions({"nothing": None}, oop=True),
                     no_object="exclude")  # fmt: skip
    assert [value(table, category) for category in ("A", "A-N", "N")] == [0.5, 0.5, None]
    assert [cell(table, count, "A") for count in ("n", "n_asked", "n_hit")] == [4, 4, 2]
    # Under the original labels too, so that both are on the same images.
    assert cell(table, "n", "A", "imgt") == 4
    assert [value(table, category, metric="oop_rate") for category in ("A", "N")] == [0.2, 1.0]


def test_the_interval_of_one_run_is_wilsons() -> None:
    table = measured(original())
    assert cell(table, "ci_low", "A") == pytest.approx(0.230724, abs=1e-6)
    assert cell(table, "ci_high", "A") == pytest.approx(0.882379, abs=1e-6)
    assert cell(table, "ci_method", "A") == "wilson"


def test_out_of_prompt_answers_are_counted_and_wrong() -> None:
    outside = predictions({"desk": None, "nothing": None}, oop=True)
    table = measured(outside, predictions({"laptop": 620, "mislabelled": 12, "kitchen": 859}))
    assert value(table, "A", metric="oop_rate") == 0.4
    assert value(table, "N", metric="oop_rate") == 1.0
    assert value(table, "M+") == 0.0
    assert cell(table, "n_oop", "M") == 1


def test_the_rate_as_written_counts_what_is_out_of_prompt_if_only_upper_case_is_ignored() -> None:
    folded = predictions({"desk": 526, "nothing": 3}).with_columns(oop_as_written=True)
    table = measured(folded, predictions({"laptop": 620, "mislabelled": 12, "kitchen": 859}))
    assert value(table, "A", metric="oop_rate") == 0.0
    assert value(table, "A", metric="oop_rate_as_written") == 0.4
    assert cell(table, "n_oop", "A") == 0


def test_answers_given_alone_are_counted_in_each_category() -> None:
    alone = predictions({"desk": 526, "nothing": 3}).with_columns(alone=True)
    table = measured(alone, predictions({"laptop": 620, "mislabelled": 12, "kitchen": 859}))
    assert [cell(table, "n_alone", category) for category in ("A", "M", "S", "N")] == [2, 1, 0, 1]


@pytest.mark.parametrize(("errors", "accuracy", "oop_rate", "n"), [("exclude", 0.75, 0.25, 4), ("wrong", 0.6, 0.2, 5)])
def test_errors_leave_the_denominator_or_count_as_not_correct(
    errors: metrics.Errors, accuracy: float, oop_rate: float, n: int
) -> None:
    table = measured(
        predictions({"nothing": None}, status="error"),
        predictions({"desk": None}, oop=True),
        predictions({"laptop": 620, "mislabelled": 12, "kitchen": 859}),
        errors=errors,
    )
    assert value(table, "A") == accuracy
    assert value(table, "A", metric="oop_rate") == oop_rate
    assert [cell(table, count, "A") for count in ("n", "n_asked", "n_hit", "n_error", "n_empty")] == [n, 5, 3, 1, 0]


@pytest.mark.parametrize("status", ["unreadable", "refused", "empty"])
def test_what_the_model_gave_instead_of_an_answer_counts_in_every_denominator(status: str) -> None:
    table = measured(
        predictions({"desk": None, "laptop": None}, status=status),
        predictions({"nothing": 2, "mislabelled": 12, "kitchen": 859}),
    )
    assert value(table, "A") == 0.6
    assert [cell(table, count, "A") for count in ("n", "n_asked", "n_error", f"n_{status}")] == [5, 5, 0, 2]
    # Of N every answer is correct, and this is one.
    assert value(measured(without_class(status)), "N") == 1.0


def test_a_category_without_an_answer_has_no_value() -> None:
    failed = predictions({"nothing": None}, status="error")
    table = measured(failed, original().filter(pl.col("image_id") != "nothing"))
    assert [cell(table, column, "N") for column in ("value", "ci_low", "ci_high")] == [None, None, None]
    assert [cell(table, count, "N") for count in ("n", "n_asked", "n_error")] == [0, 1, 1]


def test_a_category_without_an_image_has_a_row_without_a_value() -> None:
    labels = regt().filter(pl.col("category") != "M-")
    table = metrics.measure(
        correctness.score(original().filter(pl.col("image_id") != "kitchen"), labels), "m", "cw", "exclude", 0.95
    )
    assert (value(table, "M-"), cell(table, "n", "M-")) == (None, 0)
    assert value(table, "M") == 1.0


def test_several_runs_have_the_mean_of_their_accuracies_and_students_interval() -> None:
    second = predictions({**dict.fromkeys(LABELS, 0), "laptop": 620}, run=1)
    table = measured(original(), second)
    assert value(table, "A") == pytest.approx(0.5)
    half = 12.7062047 * 0.1  # the 0.975 quantile of one degree of freedom, on 0.6 and 0.4
    assert cell(table, "ci_high", "A") == pytest.approx(0.5 + half, abs=1e-6)
    assert cell(table, "ci_method", "A") == "student_runs"
    assert [cell(table, count, "A") for count in ("n", "n_hit", "runs")] == [10, 5, 2]


def test_a_run_without_an_answer_in_a_category_does_not_enter_its_mean() -> None:
    second = pl.concat([
        predictions({"nothing": None}, status="error", run=1),
        predictions({name: 0 for name in LABELS if name != "nothing"}, run=1),
    ])  # fmt: skip
    table = measured(original(), second)
    assert value(table, "N") == 1.0
    assert cell(table, "ci_low", "N") is None
