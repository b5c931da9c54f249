import gzip
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imeval.base import user_tables
from imeval.base.errors import UserError
from imeval.labels import files

names = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/\\"), min_size=1).filter(
    lambda name: user_tables.image_id(name) == name
)
label_mappings = st.dictionaries(names, st.lists(st.integers(0, 999), max_size=4), min_size=1, max_size=20)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


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
    frames = [files.read_label_file(folder / f"labels.{kind}", kind) for kind in ("csv", "json", "parquet")]
    assert dict(frames[0].iter_rows()) == {name: sorted(set(class_ids)) for name, class_ids in mapping.items()}
    assert frames[0]["image_id"].is_sorted()
    assert frames[0].equals(frames[1])
    assert frames[0].equals(frames[2])


def test_an_empty_cell_is_an_image_without_an_object(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text("image_id,labels,note\nb.png,,nothing\nval/a.JPEG,7 3 7,two\n")
    assert files.read_label_file(tmp_path / "l.csv", "csv").rows() == [("a", [3, 7]), ("b", [])]


def test_the_column_may_be_called_class_ids(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text("image_id,class_ids\na,7\n")
    assert files.read_label_file(tmp_path / "l.csv", "csv").rows() == [("a", [7])]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("image_id,labels\na,1 1000\n", r"l\.csv, line 2: labels: expected a class id, .*found '1000'"),
        ("image_id,labels\na,-1\n", "line 2: labels: .*found '-1'"),
        ("image_id,labels\na,1.5\n", "line 2: labels: .*found '1.5'"),
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
        files.read_label_file(tmp_path / "l.csv", "csv")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": [1000]}', r"l\.json, image 'a': labels: expected a class id, .*found 1000"),
        ('{"a": [1.5]}', "image 'a': labels: .*found 1.5"),
        ('{"a": [true]}', "image 'a': labels: .*found True"),
        ('{"a": 7}', "image 'a': labels: expected a list of class ids, found 7"),
        ('{"a": [1], "a.jpg": [2]}', "image 'a.jpg': image_id: expected each image once, found a again"),
        ('{"a": [1], "a": [2]}', "image 'a': image_id: expected each image once, found a again"),
        ("[[1], [2]]", "content: expected an object {image: …}, found list"),
        ('{"a": [1]', "file: expected a whole json file"),
    ],
)
def test_a_wrong_json_label_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "l.json").write_text(text)
    with pytest.raises(UserError, match=message):
        files.read_label_file(tmp_path / "l.json", "json")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"image_id": ["a"], "labels": [[1000]]}, r"l\.parquet, row 1: labels: .*found 1000"),
        ({"image_id": ["a"], "labels": [[1.5]]}, "row 1: labels: .*found 1.5"),
        ({"image_id": ["a"], "labels": [None]}, "row 1: labels: expected a list of class ids, found None"),
        ({"image_id": ["a"], "labels": [[None]]}, "row 1: labels: .*found None"),
        ({"image_id": [7], "labels": [[1]]}, "row 1: image_id: expected the name of an image, found 7"),
        ({"image_id": ["a", "a"], "labels": [[1], [2]]}, "row 2: image_id: expected each image once"),
    ],
)
def test_a_wrong_parquet_label_file_is_refused(tmp_path: Path, columns, message: str) -> None:
    pl.DataFrame(columns).write_parquet(tmp_path / "l.parquet")
    with pytest.raises(UserError, match=message):
        files.read_label_file(tmp_path / "l.parquet", "parquet")


@pytest.mark.parametrize("label_format", ["csv", "json", "parquet"])
def test_a_label_file_that_is_a_photograph_is_refused(tmp_path: Path, label_format) -> None:
    path = tmp_path / "photograph.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0" + bytes(range(256)))
    with pytest.raises(UserError, match=r"photograph\.jpg: file: expected a whole"):
        files.read_label_file(path, label_format)


def read(folder: Path, text: str, label_format: files.LabelFormat) -> list[tuple[str, list[int]]]:
    (folder / "labels").write_text(text, encoding="utf-8")
    return files.read_label_file(folder / "labels", label_format).rows()


def test_minus_one_in_the_authors_reannotation_is_no_label(tmp_path: Path) -> None:
    records = [
        {"image_name": "ILSVRC2012_val_00000293.JPEG", "original_class": [0], "reannotated_labels": [391, 0]},
        {"image_name": "ILSVRC2012_val_00000236", "original_class": [1], "reannotated_labels": [-1], "bboxes": []},
        {"image_name": "ILSVRC2012_val_00000262", "original_class": [1], "reannotated_labels": []},
        {"image_name": "ILSVRC2012_val_00000307", "original_class": [1], "reannotated_labels": [-1, 809]},
        {"image_name": "ILSVRC2012_val_00000994", "original_class": [1], "reannotated_labels": [7, -1, 3, -1]},
    ]
    text = "\n".join(json.dumps(record) for record in records) + "\n\n"
    assert read(tmp_path, text, "reimagenet") == [
        ("ILSVRC2012_val_00000236", []),
        ("ILSVRC2012_val_00000262", []),
        ("ILSVRC2012_val_00000293", [0, 391]),
        ("ILSVRC2012_val_00000307", [809]),
        ("ILSVRC2012_val_00000994", [3, 7]),
    ]


def test_the_clean_list_has_its_labels_in_one_cell(tmp_path: Path) -> None:
    text = (
        "id,original_label,proposed_labels,validation\n"
        "ILSVRC2012_val_00009670.JPEG,26,26,*\n"
        'ILSVRC2012_val_00023548.JPEG,853,"977, 978, 853",+\n'
        "ILSVRC2012_val_00042664.JPEG,36,,+++*\n"
    )
    assert read(tmp_path, text, "clean_list") == [
        ("ILSVRC2012_val_00009670", [26]),
        ("ILSVRC2012_val_00023548", [853, 977, 978]),
        ("ILSVRC2012_val_00042664", []),
    ]


def mturk(number: int, **votes: int) -> dict[str, Any]:
    return {
        "id": number,
        "url": f"https://labelerrors.com//static/imagenet/val/n01440764/ILSVRC2012_val_{number:08d}.JPEG",
        "given_original_label": 0,
        "given_original_label_name": "tench",
        "our_guessed_label": 389,
        "our_guessed_label_name": "snoek",
        "mturk": {"given": 0, "guessed": 0, "neither": 0, "both": 0} | votes,
    }


def test_mturk_labels_go_by_the_majority_and_are_unknown_without_one(tmp_path: Path) -> None:
    records = [
        mturk(1, given=5),
        mturk(2, guessed=3, given=2),
        mturk(3, both=3, neither=2),
        mturk(4, neither=4, both=1),
        mturk(5, given=2, guessed=2, both=1),
    ]
    assert read(tmp_path, json.dumps(records), "mturk") == [
        ("ILSVRC2012_val_00000001", [0]),
        ("ILSVRC2012_val_00000002", [389]),
        ("ILSVRC2012_val_00000003", [0, 389]),
    ]


def expert(new_label: int | list[int] | None, label_type: str, **more: object) -> dict[str, Any]:
    return {"old_label": 356, "new_label": new_label, "detailed_labels": "", "label_type": label_type} | more


def test_the_experts_labels_are_those_of_the_four_classes_and_of_one_animal(tmp_path: Path) -> None:
    records = {
        "ILSVRC2012_val_00000723.JPEG": expert(357, "basic"),
        "ILSVRC2012_val_00001386.JPEG": expert(None, "custom"),
        "ILSVRC2012_val_00022695.JPEG": expert(360, "basic"),
        "ILSVRC2012_val_00024239.JPEG": expert([356], "multilabel"),
        "ILSVRC2012_val_00032202.JPEG": expert(None, "uncertain", selected_classes={"358": "polecat"}),
        "ILSVRC2012_val_00033362.JPEG": expert(None, "uncertain", selected_classes={"358": "polecat"}),
    }
    assert read(tmp_path, json.dumps(records), "experts") == [
        ("ILSVRC2012_val_00000723", [357]),
        ("ILSVRC2012_val_00024239", [356]),
        ("ILSVRC2012_val_00033362", [358]),
    ]


@pytest.mark.parametrize(
    ("label_format", "text", "message"),
    [
        (
            "reimagenet",
            '{"image_name": "a"}',
            "labels, line 1: record: expected the keys .*found no reannotated_labels",
        ),
        ("reimagenet", '{"image_name": "a", "reannotated_labels": [-2, 7]}', "line 1: labels: .*found -2"),
        ("reimagenet", '{"image_name": "a", "reannotated_labels": -1}', "line 1: labels: expected a list .*found -1"),
        ("reimagenet", "[]\n", "line 1: record: expected the keys image_name, .*found no image_name"),
        ("clean_list", "image_id,labels\na,1\n", "columns: expected 'id', found image_id, labels"),
        ("clean_list", "id,original_label,proposed_labels,validation\na,1,1;2,+\n", "line 2: labels: .*found '1;2'"),
        ("mturk", "{}", "content: expected a list of records, found dict"),
        ("mturk", "[7]", "record 1: record: expected the keys url"),
        ("mturk", json.dumps([mturk(1, given=5), mturk(1, given=5)]), "record 2: image_id: expected each image once"),
        ("mturk", json.dumps([mturk(1) | {"mturk": {"given": 5}}]), "record 1: record: .*found no guessed"),
        ("mturk", json.dumps([mturk(1) | {"mturk": dict.fromkeys(("given", "guessed", "both", "neither"))}]), "votes"),
        ("experts", '{"a": {"new_label": 356}}', "image 'a': record: .*found no label_type"),
        ("experts", json.dumps({"a": expert(1000, "basic")}), "image 'a': labels: .*found 1000"),
        ("experts", "[]", "content: expected an object"),
    ],
)
def test_a_published_file_of_another_form_is_refused(tmp_path: Path, label_format, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read(tmp_path, text, label_format)


@given(content=json_values, label_format=st.sampled_from(["json", "mturk", "experts", "reimagenet"]))
def test_any_json_is_a_label_set_or_is_refused(tmp_path_factory: pytest.TempPathFactory, content, label_format) -> None:
    path = tmp_path_factory.getbasetemp() / "labels.json"
    path.write_text(json.dumps(content))
    assert_read_or_refused(path, label_format)


@given(text=st.text(), label_format=st.sampled_from(["csv", "json", "clean_list", "mturk", "experts", "reimagenet"]))
def test_any_text_is_a_label_set_or_is_refused(tmp_path_factory: pytest.TempPathFactory, text, label_format) -> None:
    path = tmp_path_factory.getbasetemp() / "labels.txt"
    path.write_bytes(text.encode(errors="surrogatepass"))
    assert_read_or_refused(path, label_format)


@given(
    rows=st.lists(st.tuples(st.text(max_size=6), st.text("0123456789 ,-", max_size=9)), max_size=5),
    label_format=st.sampled_from(["csv", "clean_list"]),
)
def test_any_cells_are_a_label_set_or_are_refused(tmp_path_factory: pytest.TempPathFactory, rows, label_format) -> None:
    path = tmp_path_factory.getbasetemp() / "labels.csv"
    names, cells = [name for name, _ in rows], [cell for _, cell in rows]
    column = {"csv": ("image_id", "labels"), "clean_list": ("id", "proposed_labels")}[label_format]
    others = {"original_label": cells, "validation": cells} if label_format == "clean_list" else {}
    frame = pl.DataFrame(
        {column[0]: names, column[1]: cells} | others, schema_overrides=dict.fromkeys(column, pl.String)
    )
    frame.write_csv(path)
    assert_read_or_refused(path, label_format)


def assert_read_or_refused(path: Path, label_format) -> None:
    try:
        frame = files.read_label_file(path, label_format)
    except UserError:
        return
    assert frame.columns == ["image_id", "labels"]
    assert frame["image_id"].is_sorted()
    assert frame["image_id"].is_unique().all()
    for name, class_ids in frame.iter_rows():
        assert user_tables.image_id(name) == name
        assert class_ids == sorted(set(class_ids))
        assert all(0 <= class_id <= 999 for class_id in class_ids)


def test_real_has_none_to_nine_labels_an_image() -> None:
    real = files.read_label_set({"kind": "real"})
    assert real.head(2).rows() == [("ILSVRC2012_val_00000001", []), ("ILSVRC2012_val_00000002", [795, 970])]
    lengths = Counter(real["labels"].list.len())
    assert [lengths[length] for length in range(10)] == [3163, 39394, 5408, 1319, 411, 161, 88, 41, 13, 2]


def test_a_label_set_without_a_format_is_csv(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text("image_id,labels\na,7\n")
    entry: Mapping[str, str] = {"kind": "file", "path": str(tmp_path / "l.csv")}
    assert files.read_label_set(entry).rows() == [("a", [7])]


@pytest.mark.parametrize(
    ("name", "label_format", "text"),
    [
        ("l.csv", "csv", "image_id,labels\na,389.0\nb,n01440764 7.0\nc,\n"),
        ("l.json", "json", '{"a": [389.0], "b": ["n01440764", 7], "c": []}'),
        ("my labels #1.csv", "csv", "image_id,labels\na,n02514041\nb,0.0 7\nc,\n"),
        (
            "l.jsonl",
            "reimagenet",
            "\n".join(
                json.dumps({"image_name": name, "reannotated_labels": labels})
                for name, labels in {"a": [389.0], "b": [0, "7"], "c": [-1]}.items()
            ),
        ),
    ],
)
@pytest.mark.parametrize("compressed", [True, False])
def test_class_ids_may_be_floats_or_synsets(tmp_path: Path, name, label_format, text: str, compressed: bool) -> None:
    path = tmp_path / (f"{name}.gz" if compressed else name)
    path.write_bytes(gzip.compress(text.encode()) if compressed else text.encode())
    assert files.read_label_file(path, label_format).rows() == [("a", [389]), ("b", [0, 7]), ("c", [])]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "image_id,labels\na,nan\n",
            r"line 2: labels: expected class ids, found 'nan', a missing value; leave the cell empty",
        ),
        ("image_id,labels\na,7 NaN\n", "line 2: labels: expected class ids, found 'NaN', a missing value"),
        ("image_id,labels\na,hen\n", "line 2: labels: .*found 'hen'; write the class id or the synset, not a name"),
        ("image_id,labels\na,n01440765\n", "labels: expected the synset of a class, found 'n01440765'; did you mean"),
    ],
)
def test_a_label_that_is_missing_or_a_name_is_called_so(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "l.csv").write_text(text)
    with pytest.raises(UserError, match=message):
        files.read_label_file(tmp_path / "l.csv", "csv")


def test_labels_match_images_of_one_name_by_their_folder(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text("image_id,labels\nn01440764/s.JPEG,1\nval/n01443537/s.png,2\nx/t.jpg,3\n")
    frame = files.read_label_file(tmp_path / "l.csv", "csv", ["n01440764/s", "n01443537/s", "t"])
    assert frame.rows() == [("n01440764/s", [1]), ("n01443537/s", [2]), ("t", [3])]
    with pytest.raises(UserError, match="line 3: image_id: expected each image once, found s again"):
        files.read_label_file(tmp_path / "l.csv", "csv")


def test_the_original_labels_may_be_a_label_set(tmp_path: Path) -> None:
    images = pl.DataFrame({"image_id": ["a", "b"], "imgt": [3, 5], "selected": [True, False]})
    read = files.read_label_set({"kind": "original"}, images)
    assert read.rows() == [("a", [3]), ("b", [5])]
