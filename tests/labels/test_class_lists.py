from pathlib import Path

import pytest
from imeval.base import user_tables
from imeval.base.errors import UserError
from imeval.labels import classes

LABELS = Path(__file__).parents[2] / "config" / "labels"


def write(folder: Path, text: str) -> Path:
    path = folder / "file.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_equivalence_set_holds_the_papers_12_pairs_under_their_names() -> None:
    pairs = classes.read_equivalence(LABELS / "equivalence.csv")
    assert [sorted(pair) for pair in pairs] == [
        [620, 681], [836, 837], [713, 742], [975, 978], [638, 639], [454, 624],
        [657, 744], [461, 524], [435, 876], [248, 250], [482, 848], [725, 899],
    ]  # fmt: skip
    names = classes.class_names("clean")
    for row in user_tables.table_rows(LABELS / "equivalence.csv", "csv"):
        assert row.cells["names"] == f"{names[int(row.cells['class_id_a'])]} / {names[int(row.cells['class_id_b'])]}"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("1,1000", r"file\.csv, line 2: class_id_b: expected a class id, .* 0 to 999, found '1000'"),
        ("1,2\n3,-4", r"line 3: class_id_b: .*found '-4'"),
        ("1,2\n\n3,3", r"line 4: class_id_b: expected another class than class_id_a, found 3"),
        ("1,2\n3,2", r"line 3: class_id_a, class_id_b: expected each class in one pair at most, found 2 again"),
    ],
)
def test_a_wrong_pair_is_named_with_its_line(tmp_path: Path, lines: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        classes.read_equivalence(write(tmp_path, f"class_id_a,class_id_b\n{lines}\n"))


def test_the_625_classes_are_the_dogs_and_the_objects_under_their_names() -> None:
    assert classes.read_class_list(LABELS / "classes_625.csv") == {*range(151, 269), *range(398, 905)}
    names = classes.class_names("clean")
    for row in user_tables.table_rows(LABELS / "classes_625.csv", "csv"):
        assert row.cells["name"] == names[int(row.cells["class_id"])]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("class_id\n", "expected a class id a line, found none"),
        ("class_id\n7\n7\n", "line 3: class_id: expected each class once, found 7 again"),
        ("class_id\nseven\n", "line 2: class_id: .*found 'seven'"),
        ("class_id\n٣\n", "line 2: class_id: .*found '٣'"),
        ("clas_id\n7\n", "columns: expected 'class_id', found clas_id; add it or rename a column to it"),
        ("", "columns: expected 'class_id', found none"),
    ],
)
def test_a_wrong_class_list_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        classes.read_class_list(write(tmp_path, text))
