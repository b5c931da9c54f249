import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imeval.base import user_tables
from imeval.base.errors import UserError
from imeval.labels import classes
from imeval.labels.equivalence import distinct, group_of, read_equivalence

LABELS = Path(__file__).parents[2] / "config" / "labels"


def read(folder: Path, text: str, name: str = "file.csv") -> list[list[int]]:
    (folder / name).write_text(text, encoding="utf-8")
    return [sorted(group) for group in read_equivalence(folder / name)]


def test_the_equivalence_set_holds_the_papers_12_pairs_under_their_names() -> None:
    pairs = read_equivalence(LABELS / "equivalence.csv")
    assert [sorted(pair) for pair in pairs] == [
        [620, 681], [836, 837], [713, 742], [975, 978], [638, 639], [454, 624],
        [657, 744], [461, 524], [435, 876], [248, 250], [482, 848], [725, 899],
    ]  # fmt: skip
    names = classes.class_names("clean")
    for row in user_tables.table_rows(LABELS / "equivalence.csv", "csv"):
        assert row.cells["names"] == f"{names[int(row.cells['class_id_a'])]} / {names[int(row.cells['class_id_b'])]}"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("1,1000", r"file\.csv, line 2: class_id_b: expected a class id, .* 0 to 999, found '1000'"),
        ("1,2\n3,-4", r"line 3: class_id_b: .*found '-4'"),
        ("1,2\n\n3,3", r"line 4: class_id_b: expected another class than class_id_a, found 3"),
    ],
)
def test_a_wrong_pair_is_named_with_its_line(tmp_path: Path, lines: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read(tmp_path, f"class_id_a,class_id_b\n{lines}\n")


def test_pairs_that_share_a_class_are_one_group(tmp_path: Path) -> None:
    text = "class_id_a,class_id_b\n638,639\n1,2\n445,639\n3,4\n4,2\n"
    assert read(tmp_path, text) == [[445, 638, 639], [1, 2, 3, 4]]


def test_a_group_of_any_size_is_a_line_of_class_ids(tmp_path: Path) -> None:
    assert read(tmp_path, "class_ids,names\n638 639 445,swimwear\n7 n01440764,\n") == [[445, 638, 639], [0, 7]]


def test_the_authors_groups_are_read_as_published(tmp_path: Path) -> None:
    published = {
        "eq_classes": {"maillot": [638, 639, 445], "none": [], "sunglasses": [836, 837]},
        "hier_classes": {"dog": [151, 152]},
        "image_overrides": {"ILSVRC2012_val_00000001.JPEG": "annotator 3"},
        "metadata": {"version": 2},
    }
    assert read(tmp_path, json.dumps(published), "class_update_config.json") == [[445, 638, 639], [836, 837]]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("g.csv", "class_ids\n7\n", r"g\.csv, line 2: class_ids: expected two classes or more, found 7"),
        (
            "g.csv",
            "class_ids\n1 2\n2 3\n",
            r"line 3: class_ids: expected each class in one group, found 2 again after .*line 2",
        ),
        ("g.csv", "class_ids\n1 1000\n", r"line 2: class_ids: expected a class id, .*found '1000'"),
        ("g.csv", "group,classes\n1,2\n", r"columns: expected 'class_id_a', found group, classes"),
        ("g.json", "{}", r"g\.json: eq_classes: expected an object \{group: \[class ids\]\}, found none"),
        ("g.json", "[1, 2]", r"g\.json: eq_classes: expected an object .*found none"),
        ("g.json", '{"eq_classes": [[1, 2]]}', r"eq_classes: .*found \[\[1, 2\]\]"),
        ("g.json", '{"eq_classes": {"a": 7}}', r"eq_classes, group 'a': expected a list of class ids, found 7"),
        ("g.json", '{"eq_classes": {"a": [1, -1]}}', r"group 'a': eq_classes: expected a class id, .*found -1"),
        ("g.json", '{"eq_classes": {"a": [1, 2], "b": [2, 3]}}', r"group 'b': .*found 2 again after .*group 'a'"),
        ("g.json", '{"eq_classes"', r"g\.json: file: expected a whole json file"),
    ],
)
def test_wrong_groups_are_named(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read(tmp_path, text, name)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda pair: pair[0] != pair[1]), max_size=12))
def test_groups_are_disjoint_and_hold_every_pair(tmp_path_factory: pytest.TempPathFactory, pairs) -> None:
    lines = "".join(f"{one},{other}\n" for one, other in pairs)
    groups = read(tmp_path_factory.getbasetemp(), f"class_id_a,class_id_b\n{lines}", "pairs.csv")
    members = [number for group in groups for number in group]
    assert sorted(members) == sorted({number for pair in pairs for number in pair})
    assert all(any(set(pair) <= set(group) for group in groups) for pair in pairs)


def test_equivalent_labels_are_counted_once() -> None:
    groups = group_of([frozenset({638, 639, 445})])
    assert [distinct(labels, groups) for labels in ([], [1], [638, 445], [1, 638, 639, 2])] == [0, 1, 1, 3]
