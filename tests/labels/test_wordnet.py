from pathlib import Path

import polars as pl
import pytest
from imeval.base.errors import UserError
from imeval.labels import class_lists
from imeval.labels.contract import Classes
from imeval.labels.wordnet import with_parents

NOUNS = """  1 This software and database is being provided to you, the LICENSEE, by
00000001 03 n 01 animal 0 000 | a living organism
00000002 05 n 01 carnivore 0 001 @ 00000001 n 0000 | flesh-eating
00000003 05 n 02 dog 0 domestic_dog 0 002 @ 00000002 n 0000 @ 00000001 n 0000 | man's best friend
00000004 05 n 01 hunting_dog 0 001 @ 00000003 n 0000 | a dog used in hunting game
00000005 05 n 02 beagle 0 English_beagle 0 001 @ 00000004 n 0000 | a small hound
00000006 05 n 01 poodle 0 001 @ 00000003 n 0000 | an intelligent dog
00000007 05 n 01 cat 0 001 @ 00000002 n 0000 | feline
00000008 18 n 01 Felix 0 001 @i 00000007 n 0000 | a cat
00000009 06 n 02 dog 0 andiron 0 000 | metal supports for logs
"""
"""Nouns in the form of WordNet 3.0's data.noun."""


def classes(*named: tuple[str, str]) -> pl.DataFrame:
    rows = [
        {"place": number, "class_id": number, "name": name, "key": key, "synonyms": []}
        for number, (name, key) in enumerate(named)
    ]
    return pl.DataFrame(rows, schema=Classes.create_empty().schema)


LISTED = classes(("beagle", "n00000005"), ("poodle", "n00000006"), ("Felix", "n00000008"))


def folder_of(folder: Path, text: str = NOUNS) -> Path:
    (folder / "data.noun").write_text(text)
    return folder


def test_parents_are_the_first_hypernyms_that_tell_classes_apart(tmp_path: Path) -> None:
    found = class_lists.of_frame(Classes.validate(with_parents(LISTED, folder_of(tmp_path))))
    # Hunting dogs, cats and animals have one child each among these classes.
    assert found.chains == (("beagle", "dog", "carnivore"), ("poodle", "dog", "carnivore"), ("felix", "carnivore"))


def test_an_answer_may_be_any_lemma_of_a_parent_or_of_one_that_was_left_out(tmp_path: Path) -> None:
    found = class_lists.of_frame(with_parents(LISTED, folder_of(tmp_path)))
    dog, carnivore = ("dog", "carnivore"), ("carnivore",)
    assert found.parents == {
        "dog": dog, "domestic dog": dog, "hunting dog": dog, "carnivore": carnivore, "cat": carnivore
    }  # fmt: skip


def test_a_class_may_be_the_parent_of_another_and_names_stay_unique(tmp_path: Path) -> None:
    listed = classes(("dog", "n00000003"), ("dog", "n00000009"), ("poodle", "n00000006"))
    found = class_lists.of_frame(with_parents(listed, folder_of(tmp_path)))
    assert found.chains == (("dog",), ("dog (n00000009)",), ("poodle", "dog"))


def test_the_classes_of_imagenet_have_their_synsets_as_keys() -> None:
    frame = Classes.validate(class_lists.of_imagenet())
    assert frame.row(0, named=True) | {"place": 0} == {
        "place": 0, "class_id": 0, "name": "tench", "key": "n01440764", "synonyms": [], "parent": None, "group": None,
        "description": None,
    }  # fmt: skip
    assert len(frame) == 1000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "data.noun: file: expected WordNet's nouns, found none; name the folder of WordNet 3.0 in class_lists "
         "(apt-get install wordnet-base, or nltk's corpus wordnet)"),
        ("00000005 05 n 01 beagle 0 002 @ 0000", "data.noun, line 1: text: expected a noun of WordNet, found "
         "'00000005 05 n 01 beagle 0 002 @ 0000'; use data.noun as it is distributed"),
        ("00000005 05 n 01 beagle 0 000 | a hound\n", "data.noun: synset: expected each class's key, found no "
         "'n00000006'; use WordNet 3.0, whose synsets ImageNet has, and synsets as keys"),
    ],
)  # fmt: skip
def test_a_missing_damaged_or_other_wordnet_is_one_sentence(tmp_path: Path, text: str | None, message: str) -> None:
    if text is not None:
        folder_of(tmp_path, text)
    with pytest.raises(UserError) as caught:
        with_parents(LISTED, tmp_path)
    assert str(caught.value).endswith(message)
