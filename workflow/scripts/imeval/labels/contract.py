"""The Parquet contract of labels: one label set over the images of a set."""

from imeval.base.columns import class_column, dy, one_of

CATEGORIES = ("S+", "S-", "M+", "M-", "N")
"""The disjoint label categories of the paper's Table 1; A, S and M are unions of them."""


class Labels(dy.Schema):
    """One label set over the selected images; the admissible sets are equation 1 of Section 2.2."""

    image_id = dy.String(primary_key=True, min_length=1)
    imgt = class_column()
    imgt_admissible = dy.List(class_column(), min_length=1)
    labels = dy.List(class_column())
    admissible = dy.List(class_column())
    category = one_of(CATEGORIES)
