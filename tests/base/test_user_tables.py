from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imeval.base import user_tables
from imeval.base.errors import UserError

names = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/\\"), min_size=1).filter(
    lambda name: user_tables.image_id(name) == name
)


def write(folder: Path, text: str) -> Path:
    path = folder / "file.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "name",
    [
        "ILSVRC2012_val_00000293",
        "ILSVRC2012_val_00000293.JPEG",
        "val/n01440764/ILSVRC2012_val_00000293.JPEG",
        "val\\n01440764\\ILSVRC2012_val_00000293.jpg",
        "./ILSVRC2012_val_00000293.WebP",
        "n01440764/ILSVRC2012_val_00000293_n01440764.JPEG",
    ],
)
def test_an_image_has_one_id_under_all_its_names(name: str) -> None:
    assert user_tables.image_id(name) == "ILSVRC2012_val_00000293"


def test_a_dot_that_begins_no_image_extension_stays() -> None:
    assert user_tables.image_id("a/photo.v1.2") == "photo.v1.2"
    assert user_tables.image_id("a.b/photo.v1.tiff") == "photo.v1"


@given(st.text())
def test_the_id_of_an_id_is_itself(name: str) -> None:
    assert user_tables.image_id(user_tables.image_id(name)) == user_tables.image_id(name)


@given(names, st.sampled_from([*user_tables.IMAGE_EXTENSIONS, "JPEG", "Png"]))
def test_folder_and_extension_do_not_count(name: str, extension: str) -> None:
    assert user_tables.image_id(f"val/{name}.{extension}") == name


def test_a_letter_with_an_accent_is_one_letter_however_it_is_written() -> None:
    assert (
        user_tables.image_id("été au lac.jpg")
        == user_tables.image_id("e\u0301te\u0301 au lac.JPG")
        == "\u00e9t\u00e9 au lac"
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.JpEg", True), ("a/b c.PNG", True), ("a", False), ("a.txt", False), ("a/._b.jpg", False), (".b.jpg", False)],
)
def test_a_picture_is_known_by_its_extension_in_any_case(name: str, expected: bool) -> None:
    assert user_tables.is_image_name(name) is expected


@pytest.mark.parametrize(("value", "expected"), [("0", 0), (999, 999), ("007", 7)])
def test_a_class_id_is_a_whole_number_of_three_digits_at_most(value: object, expected: int) -> None:
    assert user_tables.class_id(value, "x", "labels") == expected


@given(st.one_of(st.none(), st.booleans(), st.floats(), st.integers(max_value=-1), st.integers(1000), st.text()))
def test_anything_else_is_no_class_id(value: object) -> None:
    if not (isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 3):
        with pytest.raises(UserError, match=r"^x: labels: expected a class id, a whole number from 0 to 999"):
            user_tables.class_id(value, "x", "labels")


def test_a_class_id_of_1000_gets_the_remedy_to_count_from_0() -> None:
    with pytest.raises(UserError, match="found 1000; count class ids from 0, not from 1"):
        user_tables.class_id(1000, "x", "labels")


def test_a_table_of_a_spreadsheet_reads_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes('\ufeffclass_id,name\r\n7,"cock, or\r\nrooster"\r\n8,hen\r\n'.encode())
    assert [(row.where, row.cells) for row in user_tables.table_rows(path, "csv")] == [
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
        list(user_tables.table_rows(path, "csv"))


def test_a_column_name_that_stands_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="columns: expected each name once, found 'a' twice"):
        user_tables.table_columns(write(tmp_path, "a,b,a\n"), "csv")


@pytest.mark.parametrize("table_format", ["csv", "parquet"])
def test_a_table_that_is_not_there_is_named(tmp_path: Path, table_format) -> None:
    with pytest.raises(UserError, match=r"none\.csv: file: expected a whole .*No such file"):
        list(user_tables.table_rows(tmp_path / "none.csv", table_format))


def test_parquet_rows_are_counted_across_batches(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    pq.write_table(pa.table({"number": range(70_000)}), path, row_group_size=1000)
    read = list(user_tables.table_rows(path, "parquet"))
    assert read[-1] == user_tables.Row(f"{path}, row 70000", {"number": 69_999})
