from collections import Counter
from functools import cache, partial
from pathlib import Path

import polars as pl
import pytest
from imeval.base.errors import UserError
from imeval.images import sets
from imeval.images.contract import ImageIndex
from imeval.labels import categories, classes, files, original
from imeval.labels.categories import count_categories
from imeval.labels.contract import CATEGORIES, Labels
from imeval.labels.equivalence import read_equivalence

LABELS = Path(__file__).parents[2] / "config" / "labels"
EQUIVALENCE = (frozenset({620, 681}), frozenset({836, 837}))

label = partial(categories.label, agreement_key="label_sets.mine.expect_agreement")


def label_set(mapping: dict[str, list[int]]) -> pl.DataFrame:
    schema = {"image_id": pl.String, "labels": pl.List(pl.Int16)}
    return pl.DataFrame({"image_id": list(mapping), "labels": list(mapping.values())}, schema=schema)


def image_index(imgt: dict[str, int], selected: frozenset[int] | None = None) -> pl.DataFrame:
    rows = [(name, number, selected is None or number in selected, False) for name, number in imgt.items()]
    return pl.DataFrame(rows, schema=ImageIndex.create_empty().schema, orient="row")


def categories(imgt: int, class_ids: list[int]) -> list[str]:
    return [
        label("x", image_index({"a": imgt}), label_set({"a": class_ids}), EQUIVALENCE, equivalent)["category"][0]
        for equivalent in ("none", "plus", "merge")
    ]


def test_admissible_classes_include_the_equivalent_ones() -> None:
    index = image_index({"b": 681, "a": 5, "c": 3}, frozenset({681, 5}))
    frame = label("x", index, label_set({"a": [], "b": [7, 836]}), EQUIVALENCE, "none")
    Labels.validate(frame)
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


def test_equivalent_labels_of_a_group_of_any_size_are_one_label() -> None:
    groups = (frozenset({638, 639, 445}),)
    rows = {"a": [445, 638, 639], "b": [445, 638, 5], "c": [638]}
    frame = label("x", image_index({"a": 639, "b": 7, "c": 445}), label_set(rows), groups, "merge")
    assert frame["category"].to_list() == ["S+", "M-", "S+"]
    assert frame["admissible"].to_list() == [[445, 638, 639], [5, 445, 638, 639], [445, 638, 639]]


def test_a_selected_image_without_a_row_of_labels_is_named() -> None:
    index = image_index({f"image{number}": number for number in range(9)}, frozenset(range(1, 9)))
    with pytest.raises(
        UserError, match=r"regt\.csv: labels: .*found none for 7: image2, image3, image4, .* and 2 more"
    ):
        label("regt.csv", index, label_set({"image1": []}), EQUIVALENCE, "plus")


def test_a_label_for_an_unknown_image_is_named() -> None:
    with pytest.raises(UserError, match=r"regt\.csv: image_id: .*found 1 unknown: zebra"):
        label("regt.csv", image_index({"a": 1}), label_set({"a": [1], "zebra": [2]}), EQUIVALENCE, "plus")


def test_the_demos_annotation_covers_its_photographs() -> None:
    regt = files.read_label_file(LABELS / "demo_regt.csv", "csv")
    originals = original.from_names(regt["image_id"].to_list(), r"_(\d+)$")
    index = image_index(dict(originals.iter_rows()))
    frame = label("demo", index, regt, read_equivalence(LABELS / "equivalence.csv"), "plus")
    assert Counter(frame["category"]) == {"S+": 11, "M+": 5, "N": 4}


def test_categories_are_counted_with_their_unions() -> None:
    imgt = dict.fromkeys("abcdef", 5)
    labels = {"a": [5], "b": [5], "c": [6], "d": [5, 6], "e": [6, 7], "f": []}
    frame = label("x", image_index(imgt), label_set(labels), EQUIVALENCE, "plus")
    assert count_categories(frame) == {"A": 6, "S": 3, "S+": 2, "S-": 1, "M": 2, "M+": 1, "M-": 1, "N": 1}
    assert count_categories(frame.filter(pl.col("category") == "N"))["S"] == 0


@pytest.fixture(scope="module")
def real() -> pl.DataFrame:
    return files.read_real_labels()


@cache
def imagenet(selected: frozenset[int] | None) -> pl.DataFrame:
    selection = sets.Selection(classes=selected)
    listing = sets.listing("ImageNet", original.of_imagenet(), None, selection, 50_000)
    return sets.index("ImageNet", listing, None)


def counts(real: pl.DataFrame, equivalent, selected: frozenset[int] | None) -> list[int]:
    index = imagenet(selected)
    equivalence = read_equivalence(LABELS / "equivalence.csv")
    counted = Counter(label("ReaL", index, real, equivalence, equivalent)["category"])
    return [counted[category] for category in CATEGORIES]


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


@pytest.mark.parametrize(
    ("equivalent", "expected"),
    [
        ("none", [21223, 2371, 4779, 744, 2133]),
        ("plus", [21307, 2287, 4820, 703, 2133]),
        ("merge", [21546, 2297, 4581, 693, 2133]),
    ],
)
def test_the_known_categories_of_real_over_the_625_classes_are_those_without_equivalence(
    real: pl.DataFrame, equivalent, expected: list[int]
) -> None:
    selected = classes.read_class_selection(LABELS / "classes_625.csv")
    assert counts(real, equivalent, selected) == expected


IMGT = {f"image{number:02d}": 10 * number + 1 for number in range(20)}


def test_labels_that_almost_never_agree_with_the_original_ones_are_refused_unless_that_is_expected() -> None:
    shifted = label_set({name: [number + 1] for name, number in IMGT.items()})
    with pytest.raises(
        UserError, match=r"regt\.csv: labels: expected agreement .* label_sets.mine.expect_agreement: f"
    ):
        label("regt.csv", image_index(IMGT), shifted, EQUIVALENCE, "plus")
    frame = label("regt.csv", image_index(IMGT), shifted, EQUIVALENCE, "plus", agreement_key=None)
    assert set(frame["category"]) == {"S-"}


def test_disputed_images_can_be_selected_from_a_label_set_that_agrees_elsewhere() -> None:
    disputed = dict(list(IMGT.items())[:15])
    labels = label_set({name: [number + (name in disputed)] for name, number in IMGT.items()})
    index = image_index(IMGT, selected=frozenset(disputed.values()))
    assert dict(label("regt.csv", index, labels, EQUIVALENCE, "plus")["category"].value_counts().iter_rows()) == {
        "S-": 15
    }


def test_the_experts_counts_come_out_of_a_file_of_their_form(tmp_path: Path) -> None:
    """The categories of Table 8 in small: of five images the experts keep three original labels and change two."""
    (tmp_path / "experts.json").write_text(
        """{"ILSVRC2012_val_00000723.JPEG": {"old_label": 356, "new_label": 357, "label_type": "basic"},
        "ILSVRC2012_val_00002874.JPEG": {"old_label": 356, "new_label": 356, "label_type": "basic"},
        "ILSVRC2012_val_00022124.JPEG": {"old_label": 357, "new_label": null, "label_type": "uncertain"},
        "ILSVRC2012_val_00024239.JPEG": {"old_label": 356, "new_label": [356], "label_type": "multilabel"},
        "ILSVRC2012_val_00033362.JPEG": {"old_label": 359, "new_label": null, "label_type": "uncertain"},
        "ILSVRC2012_val_00040026.JPEG": {"old_label": 359, "new_label": 359, "label_type": "basic"}}"""
    )
    experts = files.read_label_file(tmp_path / "experts.json", "experts")
    selection = sets.Selection(images_of=frozenset(experts["image_id"]))
    listing = sets.listing("val", original.of_imagenet(), None, selection, 50_000)
    frame = label("experts", sets.index("val", listing, None), experts, EQUIVALENCE, "plus")
    assert Counter(frame["category"]) == {"S+": 3, "S-": 2}
