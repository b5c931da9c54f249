"""Admissible classes and label categories of images."""

from collections.abc import Mapping, Sequence
from typing import Literal

import polars as pl

from imeval.base.errors import mistake, some
from imeval.labels.agreement import check_agreement
from imeval.labels.contract import MEMBERS, Labels
from imeval.labels.equivalence import Groups, distinct, group_of

Equivalent = Literal["none", "plus", "merge"]
"""The effect of equivalent classes on the category of an image, which Table 1 leaves open.

none: no effect. plus: an original label agrees with a label that is equivalent to it. merge: as plus, and labels that
are all equivalent to each other count as one label.
"""


def label(
    where: str,
    images: pl.DataFrame,
    label_set: pl.DataFrame,
    equivalence: Groups,
    equivalent: Equivalent,
    *,
    agreement_key: str | None,
) -> pl.DataFrame:
    """Return the `Labels` of the selected images.

    Admissible classes (equation 1, Section 2.2) always include equivalent classes.

    Args:
        where: the label set, for messages.
        images: `ImageIndex`.
        label_set: the columns image_id and labels, as from `files.read_label_file`.
        equivalence: the groups of equivalent classes, E of Section 2.2.
        equivalent: the effect of equivalent classes on categories.
        agreement_key: as in `check_agreement`.

    Raises:
        UserError: as `check_agreement`; an image that is unknown, or selected and without a row in the label set.
    """
    _check(where, images, label_set, agreement_key)
    groups = group_of(equivalence)
    joined = images.filter("selected").join(label_set, on="image_id").sort("image_id")
    imgt, labels = (joined[column].to_list() for column in ("imgt", "labels"))
    columns = {
        "image_id": joined["image_id"],
        "imgt": joined["imgt"],
        "imgt_admissible": [_admissible([number], groups) for number in imgt],
        "labels": joined["labels"],
        "admissible": [_admissible(row, groups) for row in labels],
        "category": [_category(*row, groups, equivalent) for row in zip(imgt, labels, strict=True)],
    }
    return pl.DataFrame(columns, schema=Labels.create_empty().schema)


def count_categories(labels: pl.DataFrame) -> dict[str, int]:
    """Count the images in each category of Table 1.

    `labels` is a `Labels` frame.
    """
    found = dict(labels["category"].value_counts().iter_rows())
    return {category: sum(found.get(member, 0) for member in members) for category, members in MEMBERS.items()}


def _category(imgt: int, labels: Sequence[int], groups: Mapping[int, frozenset[int]], equivalent: Equivalent) -> str:
    """Return the disjoint category of one image (Table 1)."""
    if not labels:
        return "N"
    agreeing = labels if equivalent == "none" else _admissible(labels, groups)
    several = (distinct(labels, groups) if equivalent == "merge" else len(labels)) > 1
    return ("M" if several else "S") + ("+" if imgt in agreeing else "-")


def _admissible(labels: Sequence[int], groups: Mapping[int, frozenset[int]]) -> list[int]:
    """Return the labels and their equivalent classes, sorted."""
    return sorted({member for number in labels for member in groups.get(number, (number,))})


def _check(where: str, images: pl.DataFrame, label_set: pl.DataFrame, agreement_key: str | None) -> None:
    labelled = set(label_set["image_id"])
    if unknown := sorted(labelled.difference(images["image_id"])):
        found = f"{len(unknown)} unknown: {some(unknown)}"
        raise mistake(where, "image_id", "images of the image set", found, "correct the names or remove the rows")
    if absent := sorted(set(images.filter("selected")["image_id"]) - labelled):
        found = f"none for {len(absent)}: {some(absent)}"
        remedy = "add them (an image without an object has a row with no class id)"
        raise mistake(where, "labels", "a row for each selected image", found, remedy)
    # Of all images: a selection of disputed ones would make a good label set look wrong.
    known = images.join(label_set, on="image_id").select("imgt", "labels")
    check_agreement(where, "labels", known.rows(), agreement_key)
