import gzip
import math
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imeval.asking.contract import Responses
from imeval.base.errors import UserError
from imeval.images.contract import ImageIndex
from imeval.mapping import imported, prediction_files
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
    assert prediction_files.holds_text(write(tmp_path, f"image_id,{column}\n")) is expected
    pl.DataFrame({"image_id": [], column: []}).write_parquet(tmp_path / "p.parquet")
    assert prediction_files.holds_text(tmp_path / "p.parquet") is expected


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("p.csv", "image_id,class_id,text\n", r"p\.csv: columns: expected one of class_id and text, found both"),
        ("p.csv", "image_id,class\n", r"p\.csv: columns: expected one of class_id and text, found neither"),
        ("p.csv", "image,class_id\n", r"p\.csv: columns: expected 'image_id', found image, class_id"),
        ("p.csv", "", r"p\.csv: file: expected a whole csv file in UTF-8, found an empty file"),
        ("p.parquet", "image_id,class_id\n", r"p\.parquet: file: expected a whole parquet file"),
        ("p.xlsx", "", r"p\.xlsx: file: expected a name that ends in \.csv, .*, found '\.xlsx'"),
    ],
)
def test_a_file_that_holds_no_predictions_is_refused(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        prediction_files.holds_text(write(tmp_path, text, name))


def test_class_ids_become_predictions_of_the_selected_images(tmp_path: Path) -> None:
    path = write(tmp_path, "class_id,image_id\n,val/b.JPEG\n7,a\n9,z.png\n")
    frame = imported.imported_predictions(path, image_index())
    Predictions.validate(frame)
    assert frame.rows() == [
        ("a", 0, "ok", None, 7, "index", None, False, False, False),
        ("b", 0, "empty", None, None, "none", None, False, False, False),
    ]


def test_texts_become_responses_of_the_selected_images(tmp_path: Path) -> None:
    path = write(tmp_path, 'image_id,text,run\nb,"A hen, I think.",0\na," ",0\nb,,1\na,tench,1\n')
    frame = imported.imported_responses(path, image_index())
    Responses.validate(frame)
    assert frame.columns == Responses.column_names()
    assert frame.rows() == [
        ("a", 0, "imported", 1, 1, None, "empty", None, None, 0, None, None, None),
        ("a", 1, "imported", 1, 1, "tench", "ok", None, None, 0, None, None, None),
        ("b", 0, "imported", 1, 1, "A hen, I think.", "ok", None, None, 0, None, None, None),
        ("b", 1, "imported", 1, 1, None, "empty", None, None, 0, None, None, None),
    ]


@pytest.mark.parametrize(
    ("columns", "cells", "images_in_request"),
    [
        ("", ("", ""), [1, 1]),
        # Without the column the largest position is the number of images.
        (",position", (",1", ",7"), [7, 7]),
        (",position,images_in_request", (",1,10", ",7,1"), [10, 1]),
    ],
)
def test_a_file_of_texts_may_have_the_number_of_images_in_each_request(
    tmp_path: Path, columns: str, cells: tuple[str, str], images_in_request: list[int]
) -> None:
    path = write(tmp_path, f"image_id,text{columns}\na,hen{cells[0]}\nb,hen{cells[1]}\n")
    assert imported.imported_responses(path, image_index())["images_in_request"].to_list() == images_in_request


@pytest.mark.parametrize("cell", ["0", "1.5", "ten", ""])
def test_another_number_of_images_in_a_request_is_refused(tmp_path: Path, cell: str) -> None:
    path = write(tmp_path, f"image_id,text,images_in_request\na,hen,{cell}\nb,hen,1\n")
    with pytest.raises(UserError, match="line 2: images_in_request: expected a whole number from 1 to 9999, found"):
        imported.imported_responses(path, image_index())


@pytest.mark.parametrize(
    ("tags", "status", "error"),
    [(["think"], "unreadable", "no answer about this image in the text"), (["plan"], "ok", None)],
)
def test_an_imported_thought_that_never_closes_is_unreadable(
    tmp_path: Path, tags: list[str], status: str, error: str | None
) -> None:
    path = write(tmp_path, "image_id,text\na,<think>a hen\nb,hen\n")
    frame = Responses.validate(imported.imported_responses(path, image_index(), tags))
    assert frame.select("text", "status", "error").row(0) == ("<think>a hen", status, error)


def test_predictions_off_by_one_are_refused_unless_no_agreement_is_expected(tmp_path: Path) -> None:
    names = [f"image{number:02d}" for number in range(20)]
    schema = ImageIndex.create_empty().schema
    index = pl.DataFrame(
        [(name, 5 * place, True, False) for place, name in enumerate(names)], schema=schema, orient="row"
    )
    rows = "".join(f"{name},{5 * place + 1}\n" for place, name in enumerate(names))
    path = write(tmp_path, f"image_id,class_id\n{rows}")
    with pytest.raises(UserError) as caught:
        imported.imported_predictions(path, index, "models.mine.expect_agreement")
    assert str(caught.value) == (
        f"{path}: class_id: expected agreement with the original labels on most images, found 0.0% over 20 images, but "
        "100.0% with each class id one lower: off by one; count class ids from 0; if they differ on purpose, set "
        "models.mine.expect_agreement: false"
    )
    assert imported.imported_predictions(path, index, None)["class_id"].to_list() == list(range(1, 100, 5))


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
        ({"image_id": ["a", "b"], "class_id": [1.5, None]}, "row 1: class_id: expected a class id, .*found 1.5"),
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


@pytest.mark.parametrize(
    "text",
    [
        "image_id,class_id\na,207.0\nb,\n",
        "image_id,class_id\na,207.0\nb,nan\n",
        "image_id,class_id\na,207\nb,<NA>\n",
        "image_id,class_id\na,n02099601\nb,None\n",
        ",image_id,class_id\n0,a,207\n1,b,NaN\n",
        "image_id,class_id,run\na,207.0,0.0\nb,,0.0\n",
    ],
)
def test_the_floats_of_pandas_are_class_ids_and_nan_is_no_answer(tmp_path: Path, text: str) -> None:
    frame = imported.imported_predictions(write(tmp_path, text), image_index())
    assert frame.select("run", "class_id", "status").rows() == [(0, 207, "ok"), (0, None, "empty")]


def test_nan_in_parquet_is_no_answer(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    pl.DataFrame({"image_id": ["a", "b"], "class_id": [207.0, math.nan]}).write_parquet(path)
    assert imported.imported_predictions(path, image_index())["class_id"].to_list() == [207, None]
    pl.DataFrame({"image_id": ["a", "b"], "text": [math.nan, math.nan]}).write_parquet(path)
    assert imported.imported_responses(path, image_index())["status"].to_list() == ["empty", "empty"]


def test_nan_in_a_column_of_texts_is_a_word(tmp_path: Path) -> None:
    frame = imported.imported_responses(write(tmp_path, "image_id,text\na,nan\nb,\n"), image_index())
    assert frame["text"].to_list() == ["nan", None]


@pytest.mark.parametrize("name", ["p.csv.gz", "P.CSV.GZ", "my answers (1), #2.csv.gz"])
def test_a_compressed_file_is_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(b"image_id,class_id\na,7\nb,8\n"))
    assert prediction_files.holds_text(path) is False
    assert imported.imported_predictions(path, image_index())["class_id"].to_list() == [7, 8]


@pytest.mark.parametrize(
    ("name", "found"), [("p.csv.zip", ".csv.zip"), ("p.tsv", ".tsv"), ("p", ""), ("p.parquet.gz", ".parquet.gz")]
)
def test_another_kind_of_file_is_named(tmp_path: Path, name: str, found: str) -> None:
    with pytest.raises(UserError, match=f"found '{found}'; convert or rename it"):
        prediction_files.holds_text(tmp_path / name)


def test_the_long_answer_of_a_reasoning_model_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, f"image_id,text\na,{'x' * 140_000}\nb,hen\n")
    assert imported.imported_responses(path, image_index())["text"].str.len_chars().to_list() == [140_000, 3]


@pytest.mark.parametrize("name", ["hen", "great white shark", "It is a hen."])
def test_names_among_class_ids_are_called_so(tmp_path: Path, name: str) -> None:
    with pytest.raises(
        UserError, match=f"line 3: class_id: expected a class id, .*found '{name}', a name; call the column"
    ):
        imported.imported_predictions(write(tmp_path, f"image_id,class_id\na,7\nb,{name}\n"), image_index())


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("a,1\nb,2\na,1", r"line 4: .*found a again after .*line 2, with the same answer; keep .* drop_duplicates"),
        ("a,1\nb,2\na,1.0", r"line 4: .*found a again after .*line 2, with the same answer"),
        ("a,1\nb,2\na,3", r"line 4: .*found a again after .*line 2; keep one of the two$"),
        ("a,\nb,2\na,", r"line 4: .*found a again after .*line 2, with the same answer"),
    ],
)
def test_an_image_twice_in_a_run_is_refused_whatever_its_answers(tmp_path: Path, rows: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        imported.imported_predictions(write(tmp_path, f"image_id,class_id\n{rows}\n"), image_index())


def test_predictions_match_images_of_one_name_by_their_folder(tmp_path: Path) -> None:
    rows = [(name, 1, True, False) for name in ("n01440764/s_0", "n01443537/s_0", "s_1")]
    index = pl.DataFrame(rows, schema=ImageIndex.create_empty().schema, orient="row")
    text = "image_id,class_id\n/data/n01443537/s_0.JPEG,7\nn01440764/s_0,8\nn01440764/s_1.JPEG,9\n"
    frame = imported.imported_predictions(write(tmp_path, text), index)
    assert dict(frame.select("image_id", "class_id").iter_rows()) == {
        "n01440764/s_0": 8,
        "n01443537/s_0": 7,
        "s_1": 9,
    }
    with pytest.raises(UserError, match="image_id: expected images of the image set, found 1 unknown: s_0"):
        imported.imported_predictions(write(tmp_path, text + "s_0.JPEG,1\n"), index)
