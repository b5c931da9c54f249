from dataclasses import replace

from made_tables import CONSE, LITE0, SOCRATIC, context


def test_the_rows_of_a_table_are_its_models_in_order_each_with_its_tasks() -> None:
    made = context(models=(LITE0, replace(SOCRATIC, tasks=("ow", "cw"))))
    assert [(model.id, task) for model, task in made.model_tasks] == [
        ("lite0", "cw"), ("socratic", "ow"), ("socratic", "cw"),
    ]  # fmt: skip


def test_the_mllms_are_those_of_the_models() -> None:
    assert context(models=(CONSE, SOCRATIC, LITE0)).mllms == [SOCRATIC]


def test_the_best_task_has_the_highest_accuracy_under_the_labels_of_best_task_by() -> None:
    assert context(best_task_by="regt").best_tasks["socratic"] == "ow"
    assert context(best_task_by="imgt").best_tasks["socratic"] == "cw_plus"


def test_label_sets_are_called_imgt_and_by_the_title_of_the_other() -> None:
    assert context().label_titles == {"imgt": "ImGT", "regt": "demo ReGT"}


def test_without_other_labels_best_tasks_are_those_under_the_original_ones() -> None:
    assert context(relabelled=False).label_titles == {"imgt": "ImGT"}
    assert context(relabelled=False, best_task_by="regt").best_labels == "ImGT"
