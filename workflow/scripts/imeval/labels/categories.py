"""Admissible classes and label categories of images."""

from collections.abc import Mapping, Sequence
from typing import Literal

import polars as pl

from imeval.base.errors import mistake, some
from imeval.labels.contract import MEMBERS, Labels

Equivalent = Literal["none", "plus", "merge"]
"""The effect of equivalent classes on the category of an image, which Table 1 leaves open.

none: no effect. plus: an original label agrees with a label that is equivalent to it. merge: as plus, and labels that
are all equivalent to each other count as one label.
"""

# A label set is refused if it has at least this many images and this little agreement with the original labels.
_ENOUGH_IMAGES = 10
_ALMOST_NO_AGREEMENT = 0.05


def label(
    where: str,
    images: pl.DataFrame,
    label_set: pl.DataFrame,
    equivalence: Sequence[frozenset[int]],
    equivalent: Equivalent,
) -> pl.DataFrame:
    """Return the `Labels` of the selected images.

    Admissible classes (equation 1, Section 2.2) always include equivalent classes.

    Args:
        where: the label set, for messages.
        images: `ImageIndex`.
        label_set: the columns image_id and labels, as from `files.read_label_file`.
        equivalence: the pairs of equivalent classes, E of Section 2.2.
        equivalent: the effect of equivalent classes on categories.

    Raises:
        UserError: a label of an unknown image, a selected image without a row in the label set, or labels that almost
            never agree with the original labels, for example because class ids count from 1.
    """
    _check_images(where, images, label_set)
    # The pair of equivalent classes that a class is in.
    groups = {number: group for group in equivalence for number in group}
    joined = images.filter("selected").join(label_set, on="image_id").sort("image_id")
    imgt, labels = joined["imgt"].to_list(), joined["labels"].to_list()
    _check_agreement(where, imgt, labels)
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
    several = len(labels) > 1
    if equivalent == "merge":
        # Labels within one pair of equivalent classes count as one label.
        several = not set(labels) <= groups.get(labels[0], frozenset(labels[:1]))
    return ("M" if several else "S") + ("+" if imgt in agreeing else "-")


def _admissible(labels: Sequence[int], groups: Mapping[int, frozenset[int]]) -> list[int]:
    """Return the labels and their equivalent classes, sorted."""
    return sorted({member for number in labels for member in groups.get(number, (number,))})


def _check_images(where: str, images: pl.DataFrame, label_set: pl.DataFrame) -> None:
    labelled = set(label_set["image_id"])
    if unknown := sorted(labelled.difference(images["image_id"])):
        found = f"{len(unknown)} unknown: {some(unknown)}"
        raise mistake(where, "image_id", "images of the image set", found, "correct the names or remove the rows")
    if absent := sorted(set(images.filter("selected")["image_id"]) - labelled):
        found = f"none for {len(absent)}: {some(absent)}"
        remedy = "add them (an image without an object has a row with no class id)"
        raise mistake(where, "labels", "a row for each selected image", found, remedy)


def _check_agreement(where: str, imgt: Sequence[int], labels: Sequence[Sequence[int]]) -> None:
    """Refuse labels whose class ids seem to have another order.

    Annotators agree with most original labels (Table 2: with 90 % of S), so almost no agreement is a mistake.
    """
    labelled = [(number, row) for number, row in zip(imgt, labels, strict=True) if row]
    # The share of images whose original label is among the labels, with class ids as they are and off by one.
    shares = {
        shift: sum(number + shift in row for number, row in labelled) / max(len(labelled), 1) for shift in (0, 1, -1)
    }
    if len(labelled) < _ENOUGH_IMAGES or shares[0] >= _ALMOST_NO_AGREEMENT:
        return
    found = f"{shares[0]:.1%} over {len(labelled)} images"
    shift = max((1, -1), key=shares.__getitem__)
    if shares[shift] > 0.5:
        found += f", but {shares[shift]:.1%} with each class id one {'lower' if shift == 1 else 'higher'}: off by one"
        remedy = "count class ids from 0" if shift == 1 else "correct the class ids"
    else:
        remedy = "check that it is of these images, and that its class ids follow the order of the synsets"
    raise mistake(where, "labels", "agreement with the original labels on most images", found, remedy)
