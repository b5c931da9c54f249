import subprocess
import sys
from pathlib import Path

import pytest
from imeval.base.errors import UserError
from imeval.labels import classes

ROOT = Path(__file__).parents[2]


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
