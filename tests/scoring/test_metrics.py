import polars as pl
import pytest
from imeval.base.errors import UserError
from imeval.labels.contract import MEMBERS, Labels
from imeval.mapping.contract import Predictions
from imeval.scoring import metrics
from imeval.scoring.contract import Metrics, Scores

# One image of every category; 620 and 681, laptop and notebook, are equivalent.
LABELS = {
    "laptop": (620, [620], "S+"),
    "mislabelled": (11, [12], "S-"),
    "desk": (526, [526, 620], "M+"),
    "kitchen": (1, [859, 827], "M-"),
    "nothing": (2, [], "N"),
}
EQUIVALENT = {620: 681}


def regt() -> pl.DataFrame:
    def admissible(class_ids: list[int]) -> list[int]:
        return sorted({*class_ids, *(EQUIVALENT[class_id] for class_id in class_ids if class_id in EQUIVALENT)})

    rows = [
        (image_id, imgt, admissible([imgt]), labels, admissible(labels), category)
        for image_id, (imgt, labels, category) in LABELS.items()
    ]
    return pl.DataFrame(rows, schema=Labels.create_empty().schema, orient="row")


def predictions(classes: dict[str, int | None], status: str = "ok", oop: bool = False, run: int = 0) -> pl.DataFrame:
    method = "none" if next(iter(classes.values())) is None else "exact"
    rows = [(image_id, run, status, None, class_id, method, None, oop) for image_id, class_id in classes.items()]
    return pl.DataFrame(rows, schema=Predictions.create_empty().schema, orient="row")


def original() -> pl.DataFrame:
    return predictions({image_id: imgt for image_id, (imgt, _, _) in LABELS.items()})


def without_class(status: str, oop: bool = False) -> pl.DataFrame:
    return predictions(dict.fromkeys(LABELS), status=status, oop=oop)


def correct(scores: pl.DataFrame, labels: str) -> set[str]:
    Scores.validate(scores)
    return set(scores.filter(pl.col(f"{labels}_correct"))["image_id"])


def value(measured: pl.DataFrame, category: str, labels: str = "regt", metric: str = "accuracy") -> float | None:
    return cell(measured, "value", category, labels, metric)


def cell(measured: pl.DataFrame, column: str, category: str, labels: str = "regt", metric: str = "accuracy") -> float:
    Metrics.validate(measured)
    return measured.row(by_predicate=key(category, labels, metric), named=True)[column]


def key(category: str, labels: str, metric: str) -> pl.Expr:
    return (pl.col("category") == category) & (pl.col("labels") == labels) & (pl.col("metric") == metric)


def measured(*parts: pl.DataFrame, errors: metrics.Errors = "exclude") -> pl.DataFrame:
    return metrics.measure(metrics.score(pl.concat(parts), regt()), "socratic", "ow", errors, 0.95)


def test_the_original_label_is_correct_under_regt_only_where_regt_has_it_or_has_none() -> None:
    scores = metrics.score(original(), regt())
    assert correct(scores, "imgt") == set(LABELS)
    assert correct(scores, "regt") == {"laptop", "desk", "nothing"}


def test_any_label_of_several_is_correct() -> None:
    scores = metrics.score(predictions({**dict.fromkeys(LABELS, 0), "kitchen": 827, "desk": 620}), regt())
    assert correct(scores, "regt") == {"kitchen", "desk", "nothing"}
    assert correct(scores, "imgt") == set()


def test_an_equivalent_class_is_correct_under_both_label_sets() -> None:
    scores = metrics.score(predictions(dict.fromkeys(LABELS, 681)), regt())
    assert correct(scores, "imgt") == {"laptop"}
    assert correct(scores, "regt") == {"laptop", "desk", "nothing"}


@pytest.mark.parametrize(
    ("status", "outcome"), [("ok", "answered"), ("truncated", "answered"), ("empty", "empty"), ("refused", "empty")]
)
def test_an_answer_without_a_class_is_correct_on_an_image_of_n_alone(status: str, outcome: str) -> None:
    scores = metrics.score(without_class(status), regt())
    assert correct(scores, "regt") == {"nothing"}
    assert correct(scores, "imgt") == set()
    assert scores["outcome"].unique().to_list() == [outcome]


def test_an_error_is_correct_nowhere_not_even_on_an_image_of_n() -> None:
    scores = metrics.score(without_class("error"), regt())
    assert correct(scores, "regt") == set()
    assert scores["outcome"].unique().to_list() == ["error"]


def test_scores_come_in_the_order_of_image_and_run() -> None:
    runs = [predictions(dict.fromkeys(reversed(LABELS), 0), run=run) for run in (1, 0)]
    scores = metrics.score(pl.concat(runs), regt())
    assert scores.select("image_id", "run").rows() == [(image, run) for image in sorted(LABELS) for run in (0, 1)]


def test_images_without_a_prediction_are_named() -> None:
    some = predictions({"laptop": 620, "desk": 526, "nothing": 1})
    with pytest.raises(UserError, match=r"^gpt\.csv: image_id: .*found none for kitchen, mislabelled; predict"):
        metrics.score(some, regt(), source="gpt.csv")


def test_an_image_missing_in_one_run_is_named() -> None:
    second = predictions({name: 0 for name in LABELS if name != "desk"}, run=1)
    with pytest.raises(UserError, match="found none for desk; predict"):
        metrics.score(pl.concat([original(), second]), regt())


def test_no_predictions_at_all_are_missing_predictions() -> None:
    with pytest.raises(UserError, match="found none for desk, kitchen, laptop, mislabelled, nothing"):
        metrics.score(original().clear(), regt())


def test_predictions_of_unlabelled_images_are_named() -> None:
    with pytest.raises(UserError, match="expected only labelled images, found stranger; "):
        metrics.score(pl.concat([original(), predictions({"stranger": 3})]), regt())


def test_accuracy_of_every_category_under_every_label_set() -> None:
    table = measured(original())
    assert len(table) == 32
    by_category = {category: value(table, category) for category in MEMBERS}
    assert by_category == {"A": 0.6, "S": 0.5, "S+": 1.0, "S-": 0.0, "M": 0.5, "M+": 1.0, "M-": 0.0, "N": 1.0}
    assert value(table, "A", "imgt") == 1.0
    assert value(table, "A", "imgt_and_regt") == 0.6


def test_the_interval_of_one_run_is_wilsons() -> None:
    table = measured(original())
    assert cell(table, "ci_low", "A") == pytest.approx(0.230724, abs=1e-6)
    assert cell(table, "ci_high", "A") == pytest.approx(0.882379, abs=1e-6)


def test_out_of_prompt_answers_are_counted_and_wrong() -> None:
    outside = predictions({"desk": None, "nothing": None}, oop=True)
    table = measured(outside, predictions({"laptop": 620, "mislabelled": 12, "kitchen": 859}))
    assert value(table, "A", metric="oop_rate") == 0.4
    assert value(table, "N", metric="oop_rate") == 1.0
    assert value(table, "M+") == 0.0
    assert cell(table, "n_oop", "M") == 1


@pytest.mark.parametrize(("errors", "accuracy", "oop_rate"), [("exclude", 0.75, 0.25), ("wrong", 0.6, 0.2)])
def test_errors_leave_the_denominator_or_count_as_not_correct(
    errors: metrics.Errors, accuracy: float, oop_rate: float
) -> None:
    table = measured(
        predictions({"nothing": None}, status="error"),
        predictions({"desk": None}, oop=True),
        predictions({"laptop": 620, "mislabelled": 12, "kitchen": 859}),
        errors=errors,
    )
    assert value(table, "A") == accuracy
    assert value(table, "A", metric="oop_rate") == oop_rate
    assert [cell(table, count, "A") for count in ("n", "n_hit", "n_error", "n_empty")] == [5, 3, 1, 0]


def test_a_category_without_an_answer_has_no_value() -> None:
    failed = predictions({"nothing": None}, status="error")
    table = measured(failed, original().filter(pl.col("image_id") != "nothing"))
    assert [cell(table, column, "N") for column in ("value", "ci_low", "ci_high")] == [None, None, None]
    assert (cell(table, "n", "N"), cell(table, "n_error", "N")) == (1, 1)


def test_a_category_without_an_image_has_a_row_without_a_value() -> None:
    labels = regt().filter(pl.col("category") != "M-")
    table = metrics.measure(
        metrics.score(original().filter(pl.col("image_id") != "kitchen"), labels), "m", "cw", "exclude", 0.95
    )
    assert (value(table, "M-"), cell(table, "n", "M-")) == (None, 0)
    assert value(table, "M") == 1.0


def test_several_runs_have_the_mean_of_their_accuracies_and_students_interval() -> None:
    second = predictions({**dict.fromkeys(LABELS, 0), "laptop": 620}, run=1)
    table = measured(original(), second)
    assert value(table, "A") == pytest.approx(0.5)
    half = 12.7062047 * 0.1  # the 0.975 quantile of one degree of freedom, on 0.6 and 0.4
    assert cell(table, "ci_high", "A") == pytest.approx(0.5 + half, abs=1e-6)
    assert [cell(table, count, "A") for count in ("n", "n_hit", "runs")] == [10, 5, 2]


def test_a_run_without_an_answer_in_a_category_does_not_enter_its_mean() -> None:
    second = pl.concat([
        predictions({"nothing": None}, status="error", run=1),
        predictions({name: 0 for name in LABELS if name != "nothing"}, run=1),
    ])  # fmt: skip
    table = measured(original(), second)
    assert value(table, "N") == 1.0
    assert cell(table, "ci_low", "N") is None
