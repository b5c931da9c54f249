import csv
import gzip
import re
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


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0", 0),
        (999, 999),
        ("007", 7),
        (207.0, 207),
        ("207.0", 207),
        ("207.", 207),
        ("0.000", 0),
        ("n01440764", 0),
        ("n15075141", 999),
    ],
)
def test_a_class_id_is_a_whole_number_or_a_synset(value: object, expected: int) -> None:
    assert user_tables.class_id(value, "x", "labels") == expected


@pytest.mark.parametrize("value", [3.5, "3.5", 1e-9, "-1.0", "1e2", "7,0", float("inf"), "n0144076", b"7"])
def test_a_class_id_that_is_not_whole_is_refused(value: object) -> None:
    with pytest.raises(UserError, match=r"^x: labels: expected a class id, a whole number from 0 to 999, found"):
        user_tables.class_id(value, "x", "labels")


def test_a_synset_of_no_class_gets_the_nearest_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="expected the synset of a class, found 'n01440765'; did you mean 'n01440764'"):
        user_tables.class_id("n01440765", "x", "labels")


@pytest.mark.parametrize("value", ["hen", "great white shark", "A", "tench, Tinca tinca"])
def test_a_name_in_place_of_a_class_id_is_called_so(value: str) -> None:
    with pytest.raises(UserError, match=f"found '{value}'; write the class id or the synset, not a name"):
        user_tables.class_id(value, "x", "labels")


@given(st.one_of(st.none(), st.booleans(), st.floats(), st.integers(max_value=-1), st.integers(1000), st.text()))
def test_anything_else_is_no_class_id(value: object) -> None:
    # Spaces and line ends around a number are no part of it.
    if not re.fullmatch(r"[0-9]{1,4}(\.0*)?", str(value).strip()) or float(str(value)) > 999:
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


@pytest.mark.parametrize("table_format", ["csv", "parquet"])
@pytest.mark.parametrize(
    ("content", "found"),
    [
        (None, "a folder"),
        (b"", "an empty file"),
        (b"PK\x03\x04\xff\xff", r"a zip file or a spreadsheet \(.xlsx\)"),
        (b"\xff\xd8\xff\xe0", "a JPEG picture"),
        ("image_id,class_id\n".encode("utf-16"), "text in UTF-16"),
    ],
)
def test_a_table_of_another_kind_is_called_what_it_is(tmp_path: Path, content, found: str, table_format) -> None:
    path = tmp_path / "table.csv"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    for read in (user_tables.table_columns, lambda *table: list(user_tables.table_rows(*table))):
        with pytest.raises(
            UserError, match=rf"table\.csv: file: expected a whole {table_format} file.*, found {found};"
        ):
            read(path, table_format)


def test_a_gzip_file_is_no_parquet_file(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    path.write_bytes(gzip.compress(b"image_id,class_id\n"))
    with pytest.raises(UserError, match="expected a whole parquet file, found a file compressed by gzip;"):
        user_tables.table_columns(path, "parquet")


@pytest.mark.parametrize(
    ("header", "found", "remedy"),
    [
        ("image_id;class_id", "image_id;class_id", "separate the cells by commas, not by ';'"),
        ("image_id\tclass_id", r"image_id\tclass_id", r"separate the cells by commas, not by '\t'"),
        ("Image_ID,class_id", "Image_ID, class_id", "rename 'Image_ID' to it"),
        ("image,class_id", "image, class_id", "add it or rename a column to it"),
    ],
)
def test_a_missing_column_gets_the_remedy_that_its_header_calls_for(
    tmp_path: Path, header: str, found: str, remedy: str
) -> None:
    path = write(tmp_path, f"{header}\n")
    with pytest.raises(UserError) as caught:
        user_tables.require_columns(path, "csv", "image_id")
    assert str(caught.value) == f"{path}: columns: expected 'image_id', found {found}; {remedy}"


def test_a_space_behind_a_comma_is_no_part_of_a_name_or_a_number(tmp_path: Path) -> None:
    path = write(tmp_path, "image_id, class_id\na, 7\n")
    (row,) = user_tables.table_rows(path, "csv")
    assert user_tables.class_id(row.cells["class_id"], row.where, "class_id") == 7


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


@pytest.mark.parametrize("cell", [None, "", " ", "nan", "NaN", "NA", "<NA>", "None", "null", float("nan")])
def test_an_empty_cell_is_missing_however_it_is_written(cell: object) -> None:
    assert user_tables.is_missing(cell)


@pytest.mark.parametrize("cell", ["0", 0, 0.0, False, "hen", "nano", float("inf"), [], b""])
def test_other_cells_are_not_missing(cell: object) -> None:
    assert not user_tables.is_missing(cell)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("n01440764/s_0.JPEG", "n01440764/s_0"),
        ("/data/sketch/n01443537/s_0.png", "n01443537/s_0"),
        ("n01443537\\s_0.png", "n01443537/s_0"),
        ("./n01440764/s_0", "n01440764/s_0"),
        ("n01440765/s_0.JPEG", "n01440765/s_0"),
        ("s_0.JPEG", "s_0"),
        ("n01440764/s_1.JPEG", "s_1"),
        ("other/t.jpg", "other/t"),
        ("t.jpg", "t"),
        ("u/t.jpg", "u/t"),
        ("x/u/t.jpg", "u/t"),
    ],
)
def test_a_name_matches_the_known_image_that_ends_in_the_same_folders(name: str, expected: str) -> None:
    known = user_tables.KnownImages(["n01440764/s_0", "n01443537/s_0", "s_1", "t", "u/t"])
    assert known.match(name) == expected


@given(st.text(), st.lists(names))
def test_without_folders_in_the_known_ids_a_name_matches_as_its_image_id(name: str, known: list[str]) -> None:
    assert user_tables.KnownImages(known).match(name) == user_tables.image_id(name)


def test_a_compressed_table_reads_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "a file, compressed.csv.gz"
    path.write_bytes(gzip.compress('\ufeffimage_id,text\r\na,"two\r\nlines"\r\n'.encode()))
    assert user_tables.table_columns(path, "csv") == ["image_id", "text"]
    assert list(user_tables.table_rows(path, "csv")) == [
        user_tables.Row(f"{path}, line 3", {"image_id": "a", "text": "two\r\nlines"})
    ]


@pytest.mark.parametrize("damage", [lambda data: data[:-9], lambda data: data[:12] + b"zzzz" + data[16:]])
def test_a_damaged_compressed_table_is_refused(tmp_path: Path, damage) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(damage(gzip.compress(b"image_id,text\na,hen\n" * 500)))
    with pytest.raises(UserError, match=r"a\.csv\.gz: file: expected a whole csv file in UTF-8"):
        list(user_tables.table_rows(path, "csv"))


@pytest.mark.parametrize("length", [131_072, 131_073, 1_000_000])
def test_a_long_cell_is_read_whole(tmp_path: Path, length: int) -> None:
    # Another library may have set the limit of the whole module back.
    csv.field_size_limit(131_072)
    (row,) = user_tables.table_rows(write(tmp_path, f"a,b\n1,{'x' * length}\n"), "csv")
    assert len(row.cells["b"]) == length


def test_a_cell_and_a_line_have_a_longest_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_tables, "_LONGEST_CELL", 100)
    monkeypatch.setattr(user_tables, "_LONGEST_LINE", 300)
    with pytest.raises(
        UserError, match=r"file\.csv, line 2: cell: expected at most 100 characters, found more; shorten"
    ):
        list(user_tables.table_rows(write(tmp_path, f"a,b\n1,{'x' * 101}\n"), "csv"))
    with pytest.raises(UserError, match=r"line \d+: cell: .*close its quotation mark"):
        list(user_tables.table_rows(write(tmp_path, 'a,b\n1,"' + "x\n" * 101), "csv"))
    with pytest.raises(UserError, match=r"file\.csv, line 1: line: expected less than 300 characters, found more; put"):
        list(user_tables.table_rows(write(tmp_path, "a," * 200), "csv"))
