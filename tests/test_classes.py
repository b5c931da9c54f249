import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from imeval import classes
from imeval.errors import UserError

ROOT = Path(__file__).parent.parent
LABELS = ROOT / "config" / "labels"


def write(folder: Path, text: str) -> Path:
    path = folder / "file.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_clean_names_are_the_papers_and_differ_from_clips_in_17_places() -> None:
    clean, openai = classes.class_names("clean"), classes.class_names("openai")
    assert len(clean) == len(openai) == 1000
    assert (clean[0], clean[999]) == ("tench", "toilet paper")
    assert sum(ours != theirs for ours, theirs in zip(clean, openai, strict=True)) == 17


def test_a_name_that_stands_twice_has_its_first_id() -> None:
    index = classes.class_name_index(classes.class_names("clean"))
    assert len(index) == 998
    assert (index["missile"], index["sunglasses"]) == (657, 836)
    assert index["chihuahua"] == 151


@pytest.mark.parametrize(("kind", "number"), [("none", 1), ("simple", 7), ("openai", 80)])
def test_every_template_has_one_place_for_the_name(kind, number: int) -> None:
    templates = classes.prompt_templates(kind)
    assert len(set(templates)) == number
    assert all(template.count("{}") == 1 for template in templates)


def test_templates_are_texts() -> None:
    assert classes.prompt_templates("none") == ("{}",)
    assert classes.prompt_templates("simple")[0] == "itap of a {}."
    assert classes.prompt_templates("openai")[0] == "a bad photo of a {}."


def test_a_package_that_is_not_installed_is_named() -> None:
    with pytest.raises(UserError, match=r"package no_such_package: .*install requirements\.txt"):
        classes.package_file("no_such_package", "data.json")


def test_reading_names_labels_images_and_predictions_imports_no_torch() -> None:
    code = (
        "import sys; from imeval import classes, images, imported, labels; "
        "classes.class_names('openai'); labels.read_real_labels(); "
        "sys.exit(bool({'torch', 'timm', 'open_clip'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT / "workflow" / "scripts")


def test_the_equivalence_set_holds_the_papers_12_pairs_under_their_names() -> None:
    pairs = classes.read_equivalence(LABELS / "equivalence.csv")
    assert [sorted(pair) for pair in pairs] == [
        [620, 681], [836, 837], [713, 742], [975, 978], [638, 639], [454, 624],
        [657, 744], [461, 524], [435, 876], [248, 250], [482, 848], [725, 899],
    ]  # fmt: skip
    names = classes.class_names("clean")
    for row in classes.table_rows(LABELS / "equivalence.csv", "csv"):
        assert row.cells["names"] == f"{names[int(row.cells['class_id_a'])]} / {names[int(row.cells['class_id_b'])]}"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("1,1000", r"file\.csv, line 2: class_id_b: expected a class id, .* 0 to 999, found '1000'"),
        ("1,2\n3,-4", r"line 3: class_id_b: .*found '-4'"),
        ("1,2\n\n3,3", r"line 4: class_id_b: expected another class than class_id_a, found 3"),
        ("1,2\n3,2", r"line 3: class_id_a, class_id_b: expected each class in one pair at most, found 2 again"),
    ],
)
def test_a_wrong_pair_is_named_with_its_line(tmp_path: Path, rows: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        classes.read_equivalence(write(tmp_path, f"class_id_a,class_id_b\n{rows}\n"))


def test_the_625_classes_are_the_dogs_and_the_objects_under_their_names() -> None:
    assert classes.read_class_list(LABELS / "classes_625.csv") == {*range(151, 269), *range(398, 905)}
    names = classes.class_names("clean")
    for row in classes.table_rows(LABELS / "classes_625.csv", "csv"):
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


def test_a_table_of_a_spreadsheet_reads_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes('\ufeffclass_id,name\r\n7,"cock, or\r\nrooster"\r\n8,hen\r\n'.encode())
    assert [(row.where, row.cells) for row in classes.table_rows(path, "csv")] == [
        (f"{path}, line 3", {"class_id": "7", "name": "cock, or\r\nrooster"}),
        (f"{path}, line 4", {"class_id": "8", "name": "hen"}),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a,b\n1,2,3\n", "line 2: row: expected 2 cells as in the header, found 3"),
        (b"a,b\n1\n", "line 2: row: expected 2 cells as in the header, found 1"),
        (b'a,b\n1,"2\n3,4\n', "file: expected a whole csv file in UTF-8"),
        (b"a,b\n1,\xff\n", "file: expected a whole csv file in UTF-8"),
    ],
)
def test_a_broken_table_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    with pytest.raises(UserError, match=message):
        list(classes.table_rows(path, "csv"))


def test_a_column_name_that_stands_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="columns: expected each name once, found 'a' twice"):
        classes.table_columns(write(tmp_path, "a,b,a\n"), "csv")


@pytest.mark.parametrize("table_format", ["csv", "parquet"])
def test_a_table_that_is_not_there_is_named(tmp_path: Path, table_format) -> None:
    with pytest.raises(UserError, match=r"none\.csv: file: expected a whole .*No such file"):
        list(classes.table_rows(tmp_path / "none.csv", table_format))


def test_parquet_rows_are_counted_across_batches(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    pq.write_table(pa.table({"number": range(70_000)}), path, row_group_size=1000)
    rows = list(classes.table_rows(path, "parquet"))
    assert rows[-1] == classes.Row(f"{path}, row 70000", {"number": 69_999})
