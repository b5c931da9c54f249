from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imeval.asking.contract import Responses
from imeval.base.errors import UserError
from imeval.images.contract import ImageIndex
from imeval.mapping import imported
from imeval.mapping.contract import Predictions

answers = st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), max_size=30))


def image_index(selected: str = "ab", others: str = "z") -> pl.DataFrame:
    rows = [(name, 1, name in selected, False) for name in selected + others]
    return pl.DataFrame(rows, schema=ImageIndex.create_empty().schema, orient="row")


def write(folder: Path, text: str, name: str = "p.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(("column", "expected"), [("class_id", False), ("text", True)])
def test_the_header_decides_between_texts_and_class_ids(tmp_path: Path, column: str, expected: bool) -> None:
    assert imported.holds_text(write(tmp_path, f"image_id,{column}\n")) is expected
    pl.DataFrame({"image_id": [], column: []}).write_parquet(tmp_path / "p.parquet")
    assert imported.holds_text(tmp_path / "p.parquet") is expected


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("p.csv", "image_id,class_id,text\n", r"p\.csv: columns: expected one of class_id and text, found both"),
        ("p.csv", "image_id,class\n", r"p\.csv: columns: expected one of class_id and text, found neither"),
        ("p.csv", "image,class_id\n", r"p\.csv: columns: expected 'image_id', found image, class_id"),
        ("p.csv", "", r"p\.csv: columns: expected 'image_id', found none"),
        ("p.parquet", "image_id,class_id\n", r"p\.parquet: file: expected a whole parquet file"),
        ("p.xlsx", "", r"p\.xlsx: file: expected a name that ends in \.csv or \.parquet, found '\.xlsx'"),
    ],
)
def test_a_file_that_holds_no_predictions_is_refused(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        imported.holds_text(write(tmp_path, text, name))


def test_class_ids_become_predictions_of_the_selected_images(tmp_path: Path) -> None:
    path = write(tmp_path, "class_id,image_id\n,val/b.JPEG\n7,a\n9,z.png\n")
    frame = imported.imported_predictions(path, image_index())
    Predictions.validate(frame)
    assert frame.rows() == [
        ("a", 0, "ok", None, 7, "index", None, False),
        ("b", 0, "empty", None, None, "none", None, False),
    ]


def test_texts_become_responses_of_the_selected_images(tmp_path: Path) -> None:
    path = write(tmp_path, 'image_id,text,run\nb,"A hen, I think.",0\na," ",0\nb,,1\na,tench,1\n')
    frame = imported.imported_responses(path, image_index())
    Responses.validate(frame)
    assert frame.columns == Responses.column_names()
    assert frame.rows() == [
        ("a", 0, "imported", 1, 1, None, "empty", None, None, 0, None, None),
        ("a", 1, "imported", 1, 1, "tench", "ok", None, None, 0, None, None),
        ("b", 0, "imported", 1, 1, "A hen, I think.", "ok", None, None, 0, None, None),
        ("b", 1, "imported", 1, 1, None, "empty", None, None, 0, None, None),
    ]


@given(cells=st.lists(st.one_of(st.none(), st.integers(0, 999)), min_size=2, max_size=2))
def test_class_ids_read_alike_from_csv_and_parquet(tmp_path_factory: pytest.TempPathFactory, cells) -> None:
    folder = tmp_path_factory.mktemp("predictions")
    table = pl.DataFrame({"image_id": ["a", "b"], "class_id": cells}, schema_overrides={"class_id": pl.Int64})
    table.write_csv(folder / "p.csv")
    table.write_parquet(folder / "p.parquet")
    frames = [imported.imported_predictions(folder / name, image_index()) for name in ("p.csv", "p.parquet")]
    assert frames[0]["class_id"].to_list() == cells
    assert frames[0].equals(frames[1])


@given(cells=st.lists(answers, min_size=2, max_size=2))
def test_texts_read_alike_from_csv_and_parquet(tmp_path_factory: pytest.TempPathFactory, cells) -> None:
    folder = tmp_path_factory.mktemp("predictions")
    table = pl.DataFrame({"image_id": ["a", "b"], "text": cells}, schema_overrides={"text": pl.String})
    table.write_csv(folder / "p.csv", quote_style="non_numeric")
    table.write_parquet(folder / "p.parquet")
    frames = [imported.imported_responses(folder / name, image_index()) for name in ("p.csv", "p.parquet")]
    assert frames[0]["text"].to_list() == [text if text and text.strip() else None for text in cells]
    assert frames[0].equals(frames[1])


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("a,1,0", r"p\.csv: image_id: expected a row for each selected image, found none for 1 in run 0: b; add them"),
        ("a,1,0\nb,1,0\na,1,1", "found none for 1 in run 1: b"),
        ("", "found none for 2 in run 0: a, b"),
        ("a,1,0\nb,1,0\ny,1,0", r"p\.csv: image_id: expected images of the image set, found 1 unknown: y"),
        ("a,1000,0", r"p\.csv, line 2: class_id: expected a class id, .*found '1000'"),
        ("a,hen,0", "line 2: class_id: .*found 'hen'"),
        ("a,1,-1", "line 2: run: expected a whole number from 0 to 9999, found '-1'"),
        ("a,1,0\nn/a.jpg,2,0", "line 3: image_id: expected each image once in a run, found a again after .*line 2"),
        (",1,0", "line 2: image_id: expected the name of an image, found ''"),
    ],
)
def test_wrong_predictions_are_refused(tmp_path: Path, rows: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        imported.imported_predictions(write(tmp_path, f"image_id,class_id,run\n{rows}\n"), image_index())


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"image_id": ["a", "b"], "class_id": [1.0, None]}, "row 1: class_id: expected a class id, .*found 1.0"),
        ({"image_id": [1, 2], "class_id": [1, 2]}, "row 1: image_id: expected the name of an image, found 1"),
    ],
)
def test_wrong_predictions_in_parquet_are_refused(tmp_path: Path, columns, message: str) -> None:
    pl.DataFrame(columns).write_parquet(tmp_path / "p.parquet")
    with pytest.raises(UserError, match=message):
        imported.imported_predictions(tmp_path / "p.parquet", image_index())


def test_a_text_that_is_none_is_refused(tmp_path: Path) -> None:
    pl.DataFrame({"image_id": ["a"], "text": [7]}).write_parquet(tmp_path / "p.parquet")
    with pytest.raises(UserError, match="row 1: text: expected text, found 7; write class ids in a column class_id"):
        imported.imported_responses(tmp_path / "p.parquet", image_index("a"))


def test_a_file_of_texts_is_no_file_of_class_ids(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"p\.csv: columns: expected class_id, found text"):
        imported.imported_predictions(write(tmp_path, "image_id,text\na,hen\n"), image_index())
    with pytest.raises(UserError, match=r"p\.csv: columns: expected text, found class_id"):
        imported.imported_responses(write(tmp_path, "image_id,class_id\na,7\n"), image_index())
