"""Label sets laid over an image set: admissible classes and label categories."""

from collections.abc import Mapping, Sequence
from typing import Literal

import polars as pl

from imeval.base.errors import mistake, some
from imeval.labels.contract import Labels

Equivalent = Literal["none", "plus", "merge"]

_ENOUGH_TO_TELL = 10
_ALMOST_NO_AGREEMENT = 0.05


def label(
    where: str,
    images: pl.DataFrame,
    label_set: pl.DataFrame,
    equivalence: Sequence[frozenset[int]],
    equivalent: Equivalent,
) -> pl.DataFrame:
    """Make the Labels frame of a label set named `where` over the selected images of an ImageIndex frame.

    The admissible classes are equation 1 of Section 2.2 and always include equivalent ones. The category is of
    Table 1, which does not say whether equivalence plays a part in it, so that is a setting: "none", no part;
    "plus", an original label equivalent to a label agrees with it; "merge", besides, labels that are all
    equivalent to each other count as one label.

    Raises:
        UserError: a label for an image the index does not know, a selected image the label set does not, or labels that
            almost never agree with the original ones, as where class ids count from 1.
    """
    _check_images(where, images, label_set)
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


def _category(imgt: int, labels: Sequence[int], groups: Mapping[int, frozenset[int]], equivalent: Equivalent) -> str:
    if not labels:
        return "N"
    agreeing = labels if equivalent == "none" else _admissible(labels, groups)
    several = len(labels) > 1
    if equivalent == "merge":
        several = not set(labels) <= groups.get(labels[0], frozenset(labels[:1]))
    return ("M" if several else "S") + ("+" if imgt in agreeing else "-")


def _admissible(labels: Sequence[int], groups: Mapping[int, frozenset[int]]) -> list[int]:
    return sorted({member for number in labels for member in groups.get(number, (number,))})


def _check_images(where: str, images: pl.DataFrame, label_set: pl.DataFrame) -> None:
    labelled = set(label_set["image_id"])
    if unknown := sorted(labelled.difference(images["image_id"])):
        found = f"{len(unknown)} it does not have: {some(unknown)}"
        raise mistake(where, "image_id", "images of the image set", found, "correct the names or remove the rows")
    if absent := sorted(set(images.filter("selected")["image_id"]) - labelled):
        found = f"none for {len(absent)}: {some(absent)}"
        remedy = "add them (an image without an object has a row with no class id)"
        raise mistake(where, "labels", "a row for each selected image", found, remedy)


def _check_agreement(where: str, imgt: Sequence[int], labels: Sequence[Sequence[int]]) -> None:
    """Refuse labels of another class order; annotators agree with most original labels (Table 2: 90 % of S)."""
    labelled = [(number, row) for number, row in zip(imgt, labels, strict=True) if row]
    shares = {
        shift: sum(number + shift in row for number, row in labelled) / max(len(labelled), 1) for shift in (0, 1, -1)
    }
    if len(labelled) < _ENOUGH_TO_TELL or shares[0] >= _ALMOST_NO_AGREEMENT:
        return
    found = f"{shares[0]:.1%} over {len(labelled)} images"
    shift = max((1, -1), key=shares.__getitem__)
    if shares[shift] > 0.5:
        found += f", but {shares[shift]:.1%} with each class id one {'lower' if shift == 1 else 'higher'}: off by one"
        remedy = "count class ids from 0" if shift == 1 else "correct the class ids"
    else:
        remedy = "check that its class ids are those of ImageNet-1k in the order of the synsets, and its images these"
    raise mistake(where, "labels", "agreement with the original labels on most images", found, remedy)
