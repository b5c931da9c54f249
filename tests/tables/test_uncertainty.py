import pytest
from imeval import tables
from imeval.tables.cells import Number
from made_tables import context, differences, intervals, numbers


def accuracy(layout: str, task: str, labels: str, **changes: object) -> Number:
    """Return an accuracy of the Socratic model over all images in a table."""
    found = numbers(tables.build(layout, context(**changes)), "socratic", task)
    (cell,) = [cell for cell in found if (cell.metric, cell.labels, cell.category) == ("accuracy", labels, "A")]
    return cell


def test_an_accuracy_has_its_bootstrap_interval_beside_wilsons() -> None:
    cell = accuracy("tasks", "cw_plus", "regt", intervals=intervals({}))
    assert (cell.resampled_low, cell.resampled_high) == (pytest.approx(15), pytest.approx(55))
    assert (cell.ci_method, cell.resampled_method) == ("wilson", "bootstrap_images")
    assert accuracy("tasks", "cw", "regt", intervals=intervals({})).resampled_low is None


def test_table_3_has_the_interval_of_the_change_from_imgt_to_regt() -> None:
    change = {"kind": "labels", "model_b": "socratic", "task_b": "ow", "labels_b": "regt"}
    found = differences(change | {"difference": 0.1, "ci_low": -0.05, "ci_high": 0.2})
    regt = accuracy("recognition", "ow", "regt", differences=found)
    assert (regt.delta, regt.delta_low, regt.delta_high) == tuple(map(pytest.approx, (10, -5, 20)))
    assert accuracy("recognition", "ow", "imgt", differences=found).delta_low is None


def test_table_4_turns_the_difference_of_two_rows_into_the_change_from_the_closed_world() -> None:
    # In the table's order CW+ is the first of the two rows: the difference is CW - CW+.
    pair = {"task_a": "cw_plus", "model_b": "socratic", "task_b": "cw", "labels_a": "regt", "labels_b": "regt"}
    found = differences(pair | {"difference": -0.1, "ci_low": -0.2, "ci_high": 0.05})
    cell = accuracy("tasks", "cw_plus", "regt", differences=found)
    assert (cell.delta, cell.delta_low, cell.delta_high) == tuple(map(pytest.approx, (10, -5, 20)))


def test_a_change_without_an_interval_has_none() -> None:
    empty = {"value_a": None, "value_b": None, "difference": None, "ci_low": None, "ci_high": None, "n": 0}
    change = {"kind": "labels", "model_b": "socratic", "task_b": "ow", "labels_b": "regt"}
    assert accuracy("recognition", "ow", "regt", differences=differences(change | empty)).delta_low is None


def test_the_choice_of_the_best_task_is_judged_below_table_3() -> None:
    chosen = intervals({"task": "ow", "chosen_share": 0.84, "optimism": 0.0123})
    assert (
        "Socratic: OW is the best in 84% of the draws too. It is chosen on the images that it is measured on, which "
        "raises the model's accuracy over A by about 1.23 percentage points."
    ) in tables.build("recognition", context(intervals=chosen)).notes
    assert not any("draws" in line for line in tables.build("recognition", context()).notes)


def test_a_table_prints_intervals_of_changes_if_it_is_set_to() -> None:
    assert not tables.build("recognition", context()).prints_change_intervals
    assert tables.build("recognition", context(settings={"change_intervals": "printed"})).prints_change_intervals
