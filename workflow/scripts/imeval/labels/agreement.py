"""The check that classes agree with the original labels.

Annotators and models agree with most original labels (Table 2: with 90 % of S). Almost no agreement has another cause,
such as class ids that count from 1.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from imeval.base.errors import mistake

_ENOUGH_IMAGES = 10
_ALMOST_NO_AGREEMENT = 0.05
"""Fewer images are not checked, nor is a larger share of agreement refused."""


def agreement_key(registry: str, name: str, entry: Mapping[str, Any]) -> str | None:
    """Return the key that turns the check off, or None.

    None is for an entry that turns it off already.

    >>> agreement_key("label_sets", "mine", {})
    'label_sets.mine.expect_agreement'
    """
    return f"{registry}.{name}.expect_agreement" if entry.get("expect_agreement", True) else None


def check_agreement(where: str, field: str, pairs: Sequence[tuple[int, Sequence[int]]], key: str | None) -> None:
    """Refuse classes that almost never agree with the original labels.

    Args:
        where: the file, for messages.
        field: the column of the classes, for messages.
        pairs: the original label and the classes of each image; an image without classes does not count.
        key: the key of the configuration that turns the check off; None if it is off.

    Raises:
        UserError: fewer than 5 % of at least 10 images agree.
    """
    labelled = [(imgt, classes) for imgt, classes in pairs if classes]
    if key is None or len(labelled) < _ENOUGH_IMAGES or (share := _share(labelled)) >= _ALMOST_NO_AGREEMENT:
        return
    found = f"{share:.1%} over {len(labelled)} images"
    shares = {shift: _share(labelled, shift) for shift in (1, -1)}
    shift = max(shares, key=shares.__getitem__)
    if shares[shift] > 0.5:
        found += f", but {shares[shift]:.1%} with each class id one {'lower' if shift == 1 else 'higher'}: off by one"
        remedy = "count class ids from 0" if shift == 1 else "correct the class ids"
    else:
        remedy = "check that it is of these images, and that its class ids follow the order of the synsets"
    remedy += f"; if they differ on purpose, set {key}: false"
    raise mistake(where, field, "agreement with the original labels on most images", found, remedy)


def _share(labelled: Sequence[tuple[int, Sequence[int]]], shift: int = 0) -> float:
    """Return the share of images that agree, class ids shifted."""
    return sum(imgt + shift in classes for imgt, classes in labelled) / len(labelled)
