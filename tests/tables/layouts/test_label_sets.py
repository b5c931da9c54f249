from imeval import tables
from imeval.tables.rendering import to_csv
from made_tables import LITE0, context, differences, headings, measured, numbers

CHANGE = {
    "kind": "label_sets", "model_a": "lite0", "task_a": "cw", "labels_a": "regt", "model_b": "lite0", "task_b": "cw",
    "labels_b": "regt", "label_set_b": "real", "ci_low": -0.2, "ci_high": 0.1,
}  # fmt: skip

MADE = context(
    measured("lite0", "cw", imgt=12, regt=14),
    models=(LITE0,),
    differences=differences(CHANGE),
    other_titles={"real": "ReaL", "mturk": "MTurk"},
    other_metrics={"real": measured("lite0", "cw", 12, 13), "mturk": measured("lite0", "cw", 12, 16)},
)
TABLE = tables.build("label_sets", MADE)


def test_label_sets_stand_side_by_side() -> None:
    assert headings(TABLE)[2:] == [
        "ImGT A", "demo ReGT A", "demo ReGT A∖N", "ReaL A", "ReaL A∖N", "MTurk A", "MTurk A∖N"
    ]  # fmt: skip
    assert [round(number.value or 0, 2) for number in numbers(TABLE, "lite0", "cw")] == [
        60, 70, 73.68, 65, 68.42, 80, 84.21
    ]  # fmt: skip


def test_the_change_from_the_tables_own_label_set_has_its_paired_interval() -> None:
    real, mturk = numbers(TABLE, "lite0", "cw")[3], numbers(TABLE, "lite0", "cw")[5]
    assert (real.delta, real.delta_low, real.delta_high) == (-5, -20, 10)
    assert (mturk.delta, mturk.delta_low) == (10, None)


def test_the_csv_names_the_label_set_of_each_number() -> None:
    assert [line.rpartition(",")[2] for line in to_csv(TABLE).splitlines()[1:]] == [
        "demo ReGT", "demo ReGT", "demo ReGT", "ReaL", "ReaL", "MTurk", "MTurk"
    ]  # fmt: skip


def test_accuracies_over_all_images_suffice_where_images_of_n_are_left_out() -> None:
    made = context(
        measured("lite0", "cw", imgt=12, regt=14),
        models=(LITE0,),
        no_object="exclude",
        other_titles={"real": "ReaL"},
        other_metrics={"real": measured("lite0", "cw", 12, 13)},
    )
    assert headings(tables.build("label_sets", made))[2:] == ["ImGT A", "demo ReGT A", "ReaL A"]
