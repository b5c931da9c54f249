from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imeval.base import parquet
from imeval.base.errors import UserError
from imeval.base.user_tables import ClassIds, class_id
from imeval.images.places import Source
from imeval.images.sources import list_images
from imeval.labels import class_lists, original
from imeval.labels.classes import read_class_selection
from imeval.labels.contract import Classes
from imeval.labels.files import read_label_file
from imeval.mapping.imported import imported_predictions
from pictures import write_files

BIRDS = """class_id,name,key,synonyms,parent,description
1,beagle,,,dog,
0,great blue heron,heron,blue heron; grey heron,animal,a tall wading bird
,dog,,domestic dog,animal,
,animal,,,,
"""


def listed(folder: Path, text: str) -> Path:
    path = folder / "classes.csv"
    path.write_text(text)
    return path


def test_a_class_list_gives_names_keys_and_synonyms_by_class_id(tmp_path: Path) -> None:
    classes = class_lists.read_class_list(listed(tmp_path, BIRDS))
    assert classes.names == ("great blue heron", "beagle")
    assert classes.synonyms == {"blue heron": 0, "grey heron": 0}
    assert classes.groups == ()
    for cell, number in (("heron", 0), ("Great_Blue_Heron", 0), ("beagle", 1), ("1", 1), (1, 1), (1.0, 1)):
        assert class_id(cell, "x", "labels", classes.ids) == number


def test_a_class_list_survives_its_parquet_file(tmp_path: Path) -> None:
    path = listed(tmp_path, BIRDS)
    parquet.write(tmp_path / "classes.parquet", Classes, class_lists.read_classes(path))
    assert class_lists.of_job([str(tmp_path / "classes.parquet")]) == class_lists.read_class_list(path)


def test_without_a_file_the_classes_are_those_of_imagenet() -> None:
    classes = class_lists.of_job([])
    assert (classes.names[0], len(classes.names), classes.ids) == ("tench", 1000, None)
    assert class_lists.read_class_list(None) == classes


def test_equivalent_classes_may_share_a_name(tmp_path: Path) -> None:
    path = listed(tmp_path, "class_id,name,group\n0,missile,m\n1,missile,m\n2,hen,\n")
    classes = class_lists.read_class_list(path)
    assert classes.groups == (frozenset({0, 1}),)
    assert class_id("missile", "x", "labels", classes.ids) == 0


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("2", "expected a class id from 0 to 1, or the key or name of a class, found '2'; count from 0, not 1"),
        ("-1", "found '-1'; correct it"),
        ("begle", "found 'begle'; did you mean 'beagle'?"),
        (None, "found None"),
    ],
)
def test_a_label_of_no_class_is_refused(tmp_path: Path, cell: object, message: str) -> None:
    classes = class_lists.read_class_list(listed(tmp_path, BIRDS))
    with pytest.raises(UserError) as error:
        class_id(cell, "labels.csv, line 2", "labels", classes.ids)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "class_id,name\n0,hen\n2,dog\n",
            "class_id: expected all class ids from 0 to 2, found no 1; number the classes",
        ),
        ("class_id,name\n1,hen\n2,dog\n", "class_id: expected all class ids from 0 to 2, found no 0"),
        ("class_id,name\n0,hen\n0,dog\n", "line 3: class_id: expected each class id once, found 0 again"),
        ("class_id,name\n0,hen\n", "class_id: expected at least 2 classes, found 1"),
        ("class_id,name\n", "class_id: expected at least 2 classes, found 0"),
        ("class_id,name\n0,hen\nx,dog\n", "line 3: class_id: expected a whole number from 0 to 32767, found 'x'"),
        ("class_id,name\n0,hen\n99999,dog\n", "line 3: class_id: expected a whole number from 0 to 32767, found"),
        (
            "class_id,name\n0,hen\n1,Hen\n",
            "line 3: name: expected names, keys and synonyms of one class each, found 'Hen'",
        ),
        (
            "class_id,name,key\n0,hen,a\n1,dog,hen\n",
            "line 3: name: expected names, keys and synonyms of one class each",
        ),
        ("class_id,name,synonyms\n0,hen,\n1,dog,cur;hen\n", "found 'hen' again after"),
        ("class_id,name,group\n0,hen,a\n1,hen,b\n", "put both in one group if they are equivalent"),
        ("class_id,name\n0,hen\n1,0\n", "line 3: name: expected no number but the class id itself, found '0'"),
        ('class_id,name\n0,"hen, brown"\n1,dog\n', "line 2: name: expected text without a comma, of at most 200"),
        ('class_id,name\n0,"hen\nbrown"\n1,dog\n', "line 3: name: expected text on one line, found 'hen\\nbrown'"),
        ('class_id,name,synonyms\n0,hen,"a, b"\n1,dog,\n', "put semicolons between synonyms"),
        (f"class_id,name\n0,{'x' * 201}\n1,dog\n", "line 2: name: expected text without a comma, of at most 200"),
        ("class_id,name\n0,hen\n1,\n", "line 3: name: expected the name of a class, found none; name it, or remove"),
        (
            "class_id,name,parent\n0,hen,brid\n1,dog,\n,bird,\n",
            "line 2: parent: expected the name in another row, found",
        ),
        ("class_id,name,parent\n0,hen,x\n1,dog,\n", "add a row for it, without a class id if it is no class"),
        (
            "class_id,name,parent\n0,hen,a\n1,dog,\n,a,b\n,b,a\n",
            "expected parents that end at a row without one, found a",
        ),
        ("class_id,name,parent\n0,hen,hen\n1,dog,\n", "line 2: parent: expected parents that end at a row without one"),
        ("class_id,nam\n0,hen\n1,dog\n", "columns: expected 'name', found class_id, nam; add it or rename a column"),
        ("class_id,name,synonym\n0,hen,\n1,dog,\n", "found 'synonym'; did you mean 'synonyms'?"),
        ("class_id;name\n0;hen\n", "separate the cells by commas, not by ';'"),
        ("class_id,name\n" + "rubbish,more rubbish\n" * 10_001, "line 2: class_id: expected a whole number from 0"),
        ("rubbish\n" * 10_001, "columns: expected 'class_id', found rubbish"),
    ],
)
def test_a_bad_class_list_gets_one_clear_sentence(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError) as error:
        class_lists.read_classes(listed(tmp_path, text))
    sentence = str(error.value)
    assert message in sentence
    assert str(tmp_path / "classes.csv") in sentence
    assert "\n" not in sentence
    assert len(sentence) < 500


@given(text=st.text(max_size=200))
def test_any_text_is_a_class_list_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any_class_list.csv"
    path.write_text(f"class_id,name,parent\n{text}", encoding="utf-8", errors="surrogatepass", newline="")
    with suppress(UserError):
        frame = class_lists.read_classes(path)
        ids = frame.filter(pl.col("class_id").is_not_null())["class_id"].sort().to_list()
        assert ids == list(range(len(ids)))
        Classes.validate(frame)


def test_a_label_file_may_have_keys_and_names_of_a_class_list(tmp_path: Path) -> None:
    classes = class_lists.read_class_list(listed(tmp_path, BIRDS))
    (tmp_path / "labels.csv").write_text(
        "image_id,labels\na,heron\nb,great blue heron\nc,Great_Blue_Heron; beagle\nd,0 1\n"
    )
    frame = read_label_file(tmp_path / "labels.csv", "csv", classes=classes.ids)
    assert frame.rows() == [("a", [0]), ("b", [0]), ("c", [0, 1]), ("d", [0, 1])]


def test_predictions_may_have_keys_and_names_of_a_class_list_and_nothing_else(tmp_path: Path) -> None:
    classes = class_lists.read_class_list(listed(tmp_path, BIRDS))
    index = pl.DataFrame({"image_id": ["a", "b", "c"], "imgt": [0, 0, 1], "selected": True, "broken": False})
    (tmp_path / "p.csv").write_text("image_id,class_id\na,heron\nb,1\nc,Beagle\n")
    assert imported_predictions(tmp_path / "p.csv", index, None, classes.ids)["class_id"].to_list() == [0, 1, 1]
    (tmp_path / "p.csv").write_text("image_id,class_id\na,207\nb,1\nc,1\n")
    with pytest.raises(
        UserError, match=r"p\.csv, line 2: class_id: expected a class id from 0 to 1, or the key or name"
    ):
        imported_predictions(tmp_path / "p.csv", index, None, classes.ids)


def test_a_part_of_imagenets_classes_has_their_places_by_synset(tmp_path: Path) -> None:
    text = "class_id,name,key\n0,stingray,n01498041\n1,acorn,n12267677\n"
    parquet.write(tmp_path / "part.parquet", Classes, class_lists.read_classes(listed(tmp_path, text)))
    assert class_lists.places_in_imagenet(tmp_path / "part.parquet") == [6, 988]
    parquet.write(tmp_path / "mine.parquet", Classes, class_lists.read_classes(listed(tmp_path, BIRDS)))
    with pytest.raises(UserError, match="found heron, none; correct the class list, or remove subset_of"):
        class_lists.places_in_imagenet(tmp_path / "mine.parquet")


@pytest.mark.parametrize("name", ["imagenet_a", "imagenet_r"])
def test_the_200_classes_of_imagenet_a_and_r_are_class_lists(name: str) -> None:
    classes = class_lists.read_class_list(f"config/labels/{name}.csv")
    assert len(classes.names) == 200


def _label_csv(folder: Path, number: int, classes: ClassIds) -> list[int]:
    (folder / "labels.csv").write_text(f"image_id,labels\na,{number}\n")
    return read_label_file(folder / "labels.csv", "csv", classes=classes)["labels"][0].to_list()


def _label_json(folder: Path, number: int, classes: ClassIds) -> list[int]:
    (folder / "labels.json").write_text(f'{{"a": [{number}]}}')
    return read_label_file(folder / "labels.json", "json", classes=classes)["labels"][0].to_list()


def _label_parquet(folder: Path, number: int, classes: ClassIds) -> list[int]:
    pl.DataFrame({"image_id": ["a"], "labels": [[number]]}).write_parquet(folder / "labels.parquet")
    return read_label_file(folder / "labels.parquet", "parquet", classes=classes)["labels"][0].to_list()


def _selected(folder: Path, number: int, classes: ClassIds) -> list[int]:
    (folder / "selection.csv").write_text(f"class_id\n{number}\n")
    return list(read_class_selection(folder / "selection.csv", classes))


def _predicted(folder: Path, number: int, classes: ClassIds) -> list[int]:
    (folder / "predictions.csv").write_text(f"image_id,class_id\na,{number}\n")
    index = pl.DataFrame({"image_id": ["a"], "imgt": [0], "selected": [True]})
    return imported_predictions(folder / "predictions.csv", index, classes=classes)["class_id"].to_list()


def _named(folder: Path, number: int, classes: ClassIds) -> list[int]:
    return original.from_names([f"a_{number}"], r"_(\d+)$", classes)["imgt"].to_list()


def _in_folder(folder: Path, number: int, classes: ClassIds) -> list[int]:
    write_files(folder / "pictures", {f"{number}/a.jpg": b"x"})
    return list_images(Source("class_folders", folder / "pictures", classes=classes))["label"].to_list()


@pytest.mark.parametrize(
    "read",
    [_label_csv, _label_json, _label_parquet, _selected, _predicted, _named, _in_folder],
    ids=lambda f: f.__name__,
)
def test_every_reader_refuses_a_class_id_beyond_the_list(
    tmp_path: Path, read: Callable[[Path, int, ClassIds], list[int]]
) -> None:
    classes = ClassIds(21_841, {})
    for folder in ("last", "beyond"):
        (tmp_path / folder).mkdir()
    assert read(tmp_path / "last", 21_840, classes) == [21_840]
    with pytest.raises(UserError, match="expected a class id from 0 to 21840, or the key or name of a class, found"):
        read(tmp_path / "beyond", 21_841, classes)
