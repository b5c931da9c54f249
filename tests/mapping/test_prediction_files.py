import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imeval.base.errors import UserError
from imeval.images.contract import ImageIndex
from imeval.mapping.contract import Candidates, Predictions
from imeval.mapping.imported import AS_IT_IS, Reading, imported_candidates, imported_predictions
from imeval.mapping.prediction_files import holds_text, prediction_cells, several

ANY, FIRST = Reading(several="any"), Reading(several="first")
VAL = "ILSVRC2012_val_0000000"


def written(folder: Path, content: object, name: str = "p.json") -> Path:
    (folder / name).write_text(content if isinstance(content, str) else json.dumps(content))
    return folder / name


def index(images: int = 3) -> pl.DataFrame:
    rows = [(f"{VAL}{number}", 391, True, False) for number in range(1, images + 1)]
    return pl.DataFrame(rows, schema=ImageIndex.create_empty().schema, orient="row")


def classes(path: Path, reading: Reading = AS_IT_IS) -> list[int | None]:
    frame = Predictions.validate(imported_predictions(path, index(), reading=reading))
    return frame["class_id"].to_list()


def test_the_authors_csv_has_its_own_names_of_columns(tmp_path: Path) -> None:
    text = (
        f"img_id,top_1_pred,top_2_pred,original_label\n{VAL}1.JPEG,391,5,0\n{VAL}2.JPEG,395.0,6,0\n{VAL}3.JPEG,-1,7,0\n"
    )
    path = written(tmp_path, text, "p.csv")
    assert holds_text(path) is False
    assert classes(path) == [391, 395, None]
    assert classes(path, Reading(column="top_2_pred")) == [5, 6, 7]


def test_of_k_nearest_neighbours_eleven_are_read_unless_a_column_is_named(tmp_path: Path) -> None:
    text = f"img_id,k_1_pred,k_11_pred\n{VAL}1.JPEG,1,11\n{VAL}2.JPEG,2,12\n{VAL}3.JPEG,3,13\n"
    path = written(tmp_path, text, "knn.csv")
    assert classes(path) == [11, 12, 13]
    assert classes(path, Reading(column="k_1_pred")) == [1, 2, 3]


def test_json_holds_numbers_texts_lists_and_names(tmp_path: Path) -> None:
    predictions = {f"{VAL}1.JPEG": {"label": 391, "prob": 0.9}, f"{VAL}2": {"label": "Tench"}, f"{VAL}3": "no class"}
    path = written(tmp_path, {"predictions": predictions})
    assert holds_text(path) is False
    assert classes(path) == [391, 0, None]
    bare = {f"{VAL}1": ["391"], f"{VAL}2": "", f"{VAL}3": {"label": None}}
    assert classes(written(tmp_path, bare)) == [391, None, None]


def test_several_classes_of_a_prediction_need_a_setting(tmp_path: Path) -> None:
    predictions = {f"{VAL}1": {"label": "639,445"}, f"{VAL}2": "goldfish; tench", f"{VAL}3": [7, "-1"]}
    path = written(tmp_path, {"predictions": predictions})
    with pytest.raises(UserError, match=r"image '.*1': class_id: expected one class, found '639,445', 2 classes; set "):
        classes(path)
    assert classes(path, FIRST) == [639, 1, 7]
    assert classes(path, ANY) == [639, 1, 7]
    found = Candidates.validate(imported_candidates(path, index(), reading=ANY))
    assert found.rows() == [(f"{VAL}1", 0, [445, 639]), (f"{VAL}2", 0, [0, 1]), (f"{VAL}3", 0, [7])]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("639,445", ["639", "445"]),
        (" 639 , 445 ", ["639", "445"]),
        ("dog; cat", ["dog", "cat"]),
        ("tench, Tinca tinca", ["tench, Tinca tinca"]),
        (639, [639]),
        ([1, "dog"], [1, "dog"]),
        ("", [""]),
    ],
)
def test_several_answers_of_a_cell_are_told_apart(cell: object, expected: list[Any]) -> None:
    assert several(cell) == expected


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("p.csv", "img_id,k_5_pred\na,1\n", r"p\.csv: columns: expected k_11_pred or top_1_pred, found k_5_pred; name "
         "one as the model's column"),
        ("p.csv", "img_id,label\na,1\n", r"p\.csv: columns: expected one of class_id and text, found neither"),
        ("p.csv", "img,class_id\na,1\n", r"p\.csv: columns: expected 'image_id', found img, class_id"),
        ("p.json", "[1]", r"p\.json: content: expected an object \{\"predictions\": .*found list"),
        ("p.json", '{"predictions": 7}', r"p\.json: content: expected an object .*found int"),
        ("p.json", '{"a": {"prob": 1}}', r"image 'a': label: expected a class, found only prob; add the key"),
        ("p.json", '{"a": 1, "a": 2}', r"p\.json: file: expected a whole json file .*the key 'a' twice"),
        ("p.json", '{"": 1}', r"image '': image_id: expected the name of an image, found ''"),
        ("p.xml", "<a/>", r"p\.xml: file: expected a name that ends in \.csv, \.csv\.gz, \.parquet, \.json"),
    ],
)  # fmt: skip
def test_a_file_of_another_form_is_refused(tmp_path: Path, name: str, content: str, message: str) -> None:
    path = written(tmp_path, content, name)
    with pytest.raises(UserError, match=message):
        imported_predictions(path, index())


@pytest.mark.parametrize(
    ("label", "message"),
    [
        (1000, "class_id: expected a class id, .*found 1000; count class ids from 0"),
        ({"a": 1}, "class_id: expected a class id, .*found {'a': 1}"),
        ("391,1000", "class_id: expected a class id, .*found '1000'"),
        (1.5, "class_id: expected a class id, .*found 1.5"),
    ],
)
def test_a_wrong_class_is_named_with_its_image(tmp_path: Path, label: object, message: str) -> None:
    content = {f"{VAL}{number}": {"label": label} for number in (1, 2, 3)}
    with pytest.raises(UserError, match=f"image '{VAL}1': {message}"):
        classes(written(tmp_path, content), ANY)


def test_a_column_that_there_is_not_is_refused_with_the_nearest(tmp_path: Path) -> None:
    path = written(tmp_path, "img_id,k_11_pred\na,1\n", "p.csv")
    with pytest.raises(
        UserError, match=r"columns: expected 'k_1_pred', found img_id, k_11_pred; did you mean 'k_11_pred'"
    ):
        prediction_cells(path, "k_1_pred")


values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 1001) | st.floats() | st.text("0129,; -ab", max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["label", "prob"]), inner),
)


@given(labels=st.lists(values, min_size=3, max_size=3))
def test_any_json_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, labels: list[Any]) -> None:
    content = {f"{VAL}{number}": label for number, label in enumerate(labels, 1)}
    path = written(tmp_path_factory.getbasetemp(), content)
    try:
        first = imported_predictions(path, index(), reading=ANY)
    except UserError:
        return
    candidates = imported_candidates(path, index(), reading=ANY)
    pairs = zip(first["class_id"], candidates["class_ids"], strict=True)
    assert all(one in several if one is not None else several.is_empty() for one, several in pairs)
