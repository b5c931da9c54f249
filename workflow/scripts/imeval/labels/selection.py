"""The label sets that a selection of images names."""

from collections.abc import Mapping
from typing import Any

BY_LABEL_SET = ("classes_of", "images_of")
"""The keys of a selection that name label sets."""


def named_label_sets(selection: Mapping[str, Any], *keys: str) -> list[str]:
    """Return the label sets that a selection names.

    A key has one name or several:

    >>> named_label_sets({"classes_of": "mustelidae", "images_of": ["real", "mturk"]}, *BY_LABEL_SET)
    ['mustelidae', 'real', 'mturk']
    """
    values = (selection[key] for key in keys if key in selection)
    return [name for value in values for name in ([value] if isinstance(value, str) else value)]
