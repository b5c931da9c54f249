"""Label categories, and the Parquet contract of a label set."""

from collections.abc import Mapping

from imeval.base.columns import class_column, dy, one_of

CATEGORIES = ("S+", "S-", "M+", "M-", "N")
"""The disjoint label categories of Table 1.

S: one label, M: several labels, N: none; "+": the original label is among them, "-": it is not.
"""

MEMBERS: Mapping[str, tuple[str, ...]] = {
    "A": ("S+", "S-", "M+", "M-", "N"),
    "S": ("S+", "S-"),
    "S+": ("S+",),
    "S-": ("S-",),
    "M": ("M+", "M-"),
    "M+": ("M+",),
    "M-": ("M-",),
    "N": ("N",),
}
"""All categories of Table 1 in the order of the tables, each with the disjoint categories in it."""

WITHOUT_N = "A-N"
"""All images but those of N, on which every class is correct."""

MEASURED: Mapping[str, tuple[str, ...]] = {
    **MEMBERS,
    WITHOUT_N: tuple(category for category in CATEGORIES if category != "N"),
}
"""The categories over which accuracies are measured."""


class Classes(dy.Schema):
    """A user's class list, in the order of its file.

    A row without a class id is a parent of classes. `key` names a class in folders and labels, `parent` is the name in
    another row, and classes of one `group` are equivalent.
    """

    place = dy.Int32(primary_key=True, min=0)
    class_id = class_column(nullable=True)
    name = dy.String(min_length=1)
    key = dy.String(nullable=True)
    synonyms = dy.List(dy.String(min_length=1))
    parent = dy.String(nullable=True)
    group = dy.String(nullable=True)
    description = dy.String(nullable=True)


class Labels(dy.Schema):
    """A label set over the selected images.

    `admissible` and `imgt_admissible` are the admissible classes (equation 1, Section 2.2) under the label set and
    under the original labels.
    """

    image_id = dy.String(primary_key=True, min_length=1)
    imgt = class_column()
    imgt_admissible = dy.List(class_column(), min_length=1)
    labels = dy.List(class_column())
    admissible = dy.List(class_column())
    category = one_of(CATEGORIES)
