import json
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imeval import classes, labels, schemas
from imeval.errors import UserError

LABELS = Path(__file__).parent.parent / "config" / "labels"
EQUIVALENCE = (frozenset({620, 681}), frozenset({836, 837}))

names = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/\\"), min_size=1).filter(
    lambda name: labels.image_id(name) == name
)
label_mappings = st.dictionaries(names, st.lists(st.integers(0, 999), max_size=4), min_size=1, max_size=20)


def label_set(mapping: dict[str, list[int]]) -> pl.DataFrame:
    schema = {"image_id": pl.String, "labels": pl.List(pl.Int16)}
    return pl.DataFrame({"image_id": list(mapping), "labels": list(mapping.values())}, schema=schema)


def originals(mapping: dict[str, int]) -> pl.DataFrame:
    schema = {"image_id": pl.String, "imgt": pl.Int16}
    return pl.DataFrame({"image_id": list(mapping), "imgt": list(mapping.values())}, schema=schema)


def image_index(mapping: dict[str, int], selected: frozenset[int] | None = None) -> pl.DataFrame:
    return labels.index("image set 'x'", originals(mapping), None, selected, None)


def categories(imgt: int, class_ids: list[int]) -> list[str]:
    return [
        labels.label("x", image_index({"a": imgt}), label_set({"a": class_ids}), EQUIVALENCE, equivalent)["category"][0]
        for equivalent in ("none", "plus", "merge")
    ]


@pytest.mark.parametrize(
    "name",
    [
        "ILSVRC2012_val_00000293",
        "ILSVRC2012_val_00000293.JPEG",
        "val/n01440764/ILSVRC2012_val_00000293.JPEG",
        "val\\n01440764\\ILSVRC2012_val_00000293.jpg",
        "./ILSVRC2012_val_00000293.WebP",
    ],
)
def test_an_image_has_one_id_under_all_its_names(name: str) -> None:
    assert labels.image_id(name) == "ILSVRC2012_val_00000293"


def test_a_dot_that_begins_no_image_extension_stays() -> None:
    assert labels.image_id("a/photo.v1.2") == "photo.v1.2"
    assert labels.image_id("a.b/photo.v1.tiff") == "photo.v1"


@given(st.text())
def test_the_id_of_an_id_is_itself(name: str) -> None:
    assert labels.image_id(labels.image_id(name)) == labels.image_id(name)


@given(names, st.sampled_from([*labels.IMAGE_EXTENSIONS, "JPEG", "Png"]))
def test_folder_and_extension_do_not_count(name: str, extension: str) -> None:
    assert labels.image_id(f"val/{name}.{extension}") == name


@given(mapping=label_mappings)
def test_a_label_set_reads_alike_from_every_format(tmp_path_factory: pytest.TempPathFactory, mapping) -> None:
    folder = tmp_path_factory.mktemp("labels")
    table = pl.DataFrame(
        {"image_id": list(mapping), "labels": list(mapping.values())}, schema_overrides={"labels": pl.List(pl.Int64)}
    )
    table.write_parquet(folder / "labels.parquet")
    text = pl.col("labels").list.eval(pl.element().cast(pl.String)).list.join(" ")
    table.with_columns(text).write_csv(folder / "labels.csv", quote_style="always")
    (folder / "labels.json").write_text(json.dumps(mapping))
    frames = [labels.read_label_file(folder / f"labels.{kind}", kind) for kind in ("csv", "json", "parquet")]
    assert dict(frames[0].iter_rows()) == {name: sorted(set(class_ids)) for name, class_ids in mapping.items()}
    assert frames[0]["image_id"].is_sorted()
    assert frames[0].equals(frames[1])
    assert frames[0].equals(frames[2])


def test_an_empty_cell_is_an_image_without_an_object(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text("image_id,labels,note\nb.png,,nothing\nval/a.JPEG,7 3 7,two\n")
    assert labels.read_label_file(tmp_path / "l.csv", "csv").rows() == [("a", [3, 7]), ("b", [])]


def test_the_column_may_be_called_class_ids(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text("image_id,class_ids\na,7\n")
    assert labels.read_label_file(tmp_path / "l.csv", "csv").rows() == [("a", [7])]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("image_id,labels\na,1 1000\n", r"l\.csv, line 2: labels: expected a class id, .*found '1000'"),
        ("image_id,labels\na,-1\n", "line 2: labels: .*found '-1'"),
        ("image_id,labels\na,1.0\n", "line 2: labels: .*found '1.0'"),
        ('image_id,labels\na,"1,2"\n', "line 2: labels: .*found '1,2'"),
        (
            "image_id,labels\na,1\nb/a.png,2\n",
            "line 3: image_id: expected each image once, found a again after .*line 2",
        ),
        ("image_id,labels\nval/,1\n", "line 2: image_id: expected the name of an image, found 'val/'"),
        ("image_id,lables\na,1\n", "columns: expected 'labels', found image_id, lables; add it"),
        ("image,labels\na,1\n", "columns: expected 'image_id', found image, labels; add it"),
        ("image_id,labels,class_ids\na,1,1\n", "columns: expected labels or class_ids, found both"),
    ],
)
def test_a_wrong_csv_label_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "l.csv").write_text(text)
    with pytest.raises(UserError, match=message):
        labels.read_label_file(tmp_path / "l.csv", "csv")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": [1000]}', r"l\.json, image 'a': labels: expected a class id, .*found 1000"),
        ('{"a": [1.5]}', "image 'a': labels: .*found 1.5"),
        ('{"a": [true]}', "image 'a': labels: .*found True"),
        ('{"a": 7}', "image 'a': labels: expected a list of class ids, found 7"),
        ('{"a": [1], "a.jpg": [2]}', "image 'a.jpg': image_id: expected each image once, found a again"),
        ('{"a": [1], "a": [2]}', "image 'a': image_id: expected each image once, found a again"),
        ("[[1], [2]]", "content: expected an object {image: .class ids.}, found list"),
        ('{"a": [1]', "file: expected a whole json file"),
    ],
)
def test_a_wrong_json_label_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "l.json").write_text(text)
    with pytest.raises(UserError, match=message):
        labels.read_label_file(tmp_path / "l.json", "json")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"image_id": ["a"], "labels": [[1000]]}, r"l\.parquet, row 1: labels: .*found 1000"),
        ({"image_id": ["a"], "labels": [[1.0]]}, "row 1: labels: .*found 1.0"),
        ({"image_id": ["a"], "labels": [None]}, "row 1: labels: expected a list of class ids, found None"),
        ({"image_id": ["a"], "labels": [[None]]}, "row 1: labels: .*found None"),
        ({"image_id": [7], "labels": [[1]]}, "row 1: image_id: expected the name of an image, found 7"),
        ({"image_id": ["a", "a"], "labels": [[1], [2]]}, "row 2: image_id: expected each image once"),
    ],
)
def test_a_wrong_parquet_label_file_is_refused(tmp_path: Path, columns, message: str) -> None:
    pl.DataFrame(columns).write_parquet(tmp_path / "l.parquet")
    with pytest.raises(UserError, match=message):
        labels.read_label_file(tmp_path / "l.parquet", "parquet")


@pytest.mark.parametrize("label_format", ["csv", "json", "parquet"])
def test_a_label_file_that_is_a_photograph_is_refused(tmp_path: Path, label_format) -> None:
    path = tmp_path / "photograph.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0" + bytes(range(256)))
    with pytest.raises(UserError, match=r"photograph\.jpg: file: expected a whole"):
        labels.read_label_file(path, label_format)


def test_original_labels_stand_in_the_file_names() -> None:
    frame = labels.original_labels_from_names(["imagenet_01_559", "imagenet_00_243"], r"_(\d+)$")
    assert frame.rows() == [("imagenet_00_243", 243), ("imagenet_01_559", 559)]


@pytest.mark.parametrize(
    ("name", "pattern", "message"),
    [
        ("a_7", r"_(\d+", "pattern '_.*: expected a regular expression"),
        ("a_7", r"_\d+$", "expected one group, found 0; put the class id in parentheses"),
        ("a7", r"_(\d+)$", "image a7: original label: expected a name that matches"),
        ("a_1000", r"_(\d+)$", "image a_1000: original label: expected a class id, .*found '1000'"),
    ],
)
def test_a_name_without_an_original_label_is_refused(name: str, pattern: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        labels.original_labels_from_names([name], pattern)


def test_original_labels_from_a_file_are_one_an_image(tmp_path: Path) -> None:
    path = tmp_path / "l.csv"
    path.write_text("image_id,labels\nb.png,7\na.png,3\n")
    assert labels.read_original_labels(path, "csv").rows() == [("a", 3), ("b", 7)]
    path.write_text("image_id,labels\nb.png,7\na.png,3 4\n")
    with pytest.raises(UserError, match=r"l\.csv: labels: expected one original label an image, found 3, 4 for a"):
        labels.read_original_labels(path, "csv")
    path.write_text("image_id,labels\nb.png,\n")
    with pytest.raises(UserError, match="found none for b"):
        labels.read_original_labels(path, "csv")


def test_the_images_of_a_set_are_its_photographs() -> None:
    index = labels.index("x", originals({"a": 1, "b": 2, "c": 3}), {"c": "d/c.jpg", "a": "a.jpg"}, frozenset({3}), 2)
    assert index.rows() == [("a", 1, "a.jpg", False), ("c", 3, "d/c.jpg", True)]
    assert index.columns == ["image_id", "imgt", "source", "selected"]
    schemas.ImageIndex.validate(index)


def test_without_photographs_the_images_are_those_with_an_original_label() -> None:
    index = labels.index("x", originals({"b": 2, "a": 1}), None, None, None)
    assert index.rows() == [("a", 1, None, True), ("b", 2, None, True)]
    schemas.ImageIndex.validate(index)


@pytest.mark.parametrize(
    ("photographs", "selected", "expected", "message"),
    [
        ({"a": "a.jpg", "z": "n/z.jpg"}, None, None, "x: original labels: .*found none for 1: n/z.jpg"),
        ({"a": "a.jpg"}, frozenset({2}), None, "x: selected images: expected one at least"),
        (None, None, 3, "x: number of images: expected 3, found 2"),
    ],
)
def test_an_image_set_that_cannot_be_is_refused(photographs, selected, expected, message: str) -> None:
    with pytest.raises(UserError, match=message):
        labels.index("x", originals({"a": 1, "b": 2}), photographs, selected, expected)


def test_admissible_classes_include_the_equivalent_ones() -> None:
    index = image_index({"b": 681, "a": 5, "c": 3}, frozenset({681, 5}))
    frame = labels.label("x", index, label_set({"a": [], "b": [7, 836]}), EQUIVALENCE, "none")
    schemas.Labels.validate(frame)
    assert frame.rows() == [
        ("a", 5, [5], [], [], "N"),
        ("b", 681, [620, 681], [7, 836], [7, 836, 837], "M-"),
    ]


@pytest.mark.parametrize(
    ("imgt", "class_ids", "none", "plus", "merge"),
    [
        (5, [], "N", "N", "N"),
        (5, [5], "S+", "S+", "S+"),
        (5, [6], "S-", "S-", "S-"),
        (5, [5, 6], "M+", "M+", "M+"),
        (5, [6, 7], "M-", "M-", "M-"),
        (620, [681], "S-", "S+", "S+"),
        (620, [5, 681], "M-", "M+", "M+"),
        (620, [620, 681], "M+", "M+", "S+"),
        (5, [620, 681], "M-", "M-", "S-"),
        (5, [5, 620, 681], "M+", "M+", "M+"),
        (5, [620, 836], "M-", "M-", "M-"),
    ],
)
def test_the_category_depends_on_what_equivalence_does(imgt, class_ids, none, plus, merge) -> None:
    assert categories(imgt, class_ids) == [none, plus, merge]


def test_a_selected_image_without_a_row_of_labels_is_named() -> None:
    index = image_index({f"image{number}": number for number in range(9)}, frozenset(range(1, 9)))
    with pytest.raises(
        UserError, match=r"regt\.csv: labels: .*found none for 7: image2, image3, image4, .* and 2 more"
    ):
        labels.label("regt.csv", index, label_set({"image1": []}), EQUIVALENCE, "plus")


def test_a_label_for_an_unknown_image_is_named() -> None:
    with pytest.raises(UserError, match=r"regt\.csv: image_id: .*found 1 it does not have: zebra"):
        labels.label("regt.csv", image_index({"a": 1}), label_set({"a": [1], "zebra": [2]}), EQUIVALENCE, "plus")


def test_the_demos_annotation_covers_its_photographs() -> None:
    regt = labels.read_label_file(LABELS / "demo_regt.csv", "csv")
    originals = labels.original_labels_from_names(regt["image_id"].to_list(), r"_(\d+)$")
    index = labels.index("demo", originals, None, None, 20)
    frame = labels.label("demo", index, regt, classes.read_equivalence(LABELS / "equivalence.csv"), "plus")
    assert Counter(frame["category"]) == {"S+": 11, "M+": 5, "N": 4}


@pytest.fixture(scope="module")
def real() -> pl.DataFrame:
    return labels.read_real_labels()


def counts(real: pl.DataFrame, equivalent, selected: frozenset[int] | None) -> list[int]:
    index = labels.index("ImageNet", labels.original_labels_of_imagenet(), None, selected, 50_000)
    equivalence = classes.read_equivalence(LABELS / "equivalence.csv")
    counted = Counter(labels.label("ReaL", index, real, equivalence, equivalent)["category"])
    return [counted[category] for category in schemas.CATEGORIES]


def test_real_has_none_to_nine_labels_an_image(real: pl.DataFrame) -> None:
    assert real.head(2).rows() == [("ILSVRC2012_val_00000001", []), ("ILSVRC2012_val_00000002", [795, 970])]
    lengths = Counter(real["labels"].list.len())
    assert [lengths[length] for length in range(10)] == [3163, 39394, 5408, 1319, 411, 161, 88, 41, 13, 2]


def test_original_labels_of_imagenet_are_50_a_class() -> None:
    frame = labels.original_labels_of_imagenet()
    assert frame.head(2).rows() == [("ILSVRC2012_val_00000001", 65), ("ILSVRC2012_val_00000002", 970)]
    assert Counter(frame["imgt"]) == dict.fromkeys(range(1000), 50)


@pytest.mark.parametrize(
    ("equivalent", "expected"),
    [
        ("none", [35716, 3678, 6448, 995, 3163]),
        ("plus", [35804, 3590, 6493, 950, 3163]),
        ("merge", [36043, 3601, 6254, 939, 3163]),
    ],
)
def test_real_over_all_images_has_the_known_categories(real: pl.DataFrame, equivalent, expected: list[int]) -> None:
    assert counts(real, equivalent, None) == expected


def test_real_over_the_625_classes_has_the_known_categories(real: pl.DataFrame) -> None:
    selected = classes.read_class_list(LABELS / "classes_625.csv")
    assert counts(real, "none", selected) == [21223, 2371, 4779, 744, 2133]
