from imeval.tables.cells import Column
from imeval.tables.headings import accuracy_columns, accuracy_slots, by_labels, category_column, symbol
from imeval.tables.results import ACCURACY_OF_ALL_IMAGES, Slot
from made_tables import context


def test_signs_of_a_category_are_raised() -> None:
    assert [symbol(category) for category in ("A", "S+", "M-")] == ["A", "S⁺", "M⁻"]


def test_a_category_is_headed_with_its_number_of_images() -> None:
    assert category_column("S-", context(), "ReGT") == Column("S⁻", "ReGT", "3", numeric=True)
    assert category_column("A-N", context(), "ReGT") == Column("A∖N", "ReGT", "19", numeric=True)


def test_accuracies_are_grouped_by_their_label_set() -> None:
    columns = accuracy_columns(context(), ACCURACY_OF_ALL_IMAGES)
    assert [(column.group, column.title) for column in columns] == [
        ("ImGT", "A"), ("demo ReGT", "A"), ("demo ReGT", "A∖N"),
    ]  # fmt: skip
    assert len(accuracy_columns(context())) == 9


def test_a_without_n_has_no_column_if_images_of_n_leave_every_accuracy() -> None:
    columns = accuracy_columns(context(no_object="exclude"), ACCURACY_OF_ALL_IMAGES)
    assert [column.title for column in columns] == ["A", "A"]


def test_without_other_labels_only_accuracies_under_the_original_ones_have_a_heading() -> None:
    original = context(relabelled=False)
    assert accuracy_slots(original) == [Slot("accuracy", "imgt", "A")]
    assert [column.group for column in accuracy_columns(original)] == ["ImGT"]
    assert by_labels(original) == "under the original labels (ImGT)"
