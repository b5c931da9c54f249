from imeval import tables
from imeval.tables.rendering import to_csv
from made_tables import headings, numbers
from sliced_tables import sliced

TABLE = tables.build("slices", sliced())


def test_each_slice_is_a_column_under_each_label_set() -> None:
    titles = ["All", "0", "1", "2 and more"]
    assert headings(TABLE)[2:] == [f"{labels} {title}" for labels in ("ImGT", "demo ReGT") for title in titles]
    assert [number.value for number in numbers(TABLE, "lite0", "cw")] == [60, 50, 80, 37.5, 70, 100, 90, 50]


def test_the_first_row_counts_the_images() -> None:
    (row,) = TABLE.blocks[0].rows
    assert row.cells[0] == "Images"
    assert [cell.value for cell in row.cells[2:6]] == [20, 2, 10, 8]


def test_changes_start_from_the_first_slice_with_labels() -> None:
    # Every answer about an image without a label counts as correct: nothing is compared with these.
    last = numbers(TABLE, "lite0", "cw")[-1]
    assert (last.reference, last.delta, last.delta_low, last.delta_high) == (90, -40, -70, -10)
    assert [number.reference for number in numbers(TABLE, "lite0", "cw")[:-1]] == [None] * 7
    assert "the change from the slice 1, in percentage points" in TABLE.caption


def test_a_slice_has_the_interval_of_its_own_images() -> None:
    last = numbers(TABLE, "lite0", "cw")[-1]
    assert (last.resampled_low, last.resampled_high) == (20, 80)
    assert numbers(TABLE, "lite0", "cw")[4].resampled_low is None


def test_the_csv_names_the_slice_of_each_number() -> None:
    header, *lines = to_csv(TABLE).splitlines()
    assert header.endswith("label_set,slice")
    assert [line.rpartition(",")[2] for line in lines[8:12]] == ["", "0", "1", "2 and more"]


def test_one_category_can_be_shown() -> None:
    table = tables.build("slices", sliced(settings={"category": "S"}))
    assert [cell.value for cell in table.blocks[0].rows[0].cells[2:6]] == [13, 0, 10, 3]
    assert table.caption.startswith(
        "Accuracy in % on the images of S of the demo's 20 photographs by number of labels."
    )
