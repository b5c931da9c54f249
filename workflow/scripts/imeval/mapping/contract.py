"""The Parquet contract of predictions: the class that each answer or output was mapped to."""

from imeval.asking.contract import STATUSES
from imeval.base.columns import class_column, dy, one_of

METHODS = ("index", "exact", "letter", "embedding", "none")


class Predictions(dy.Schema):
    """The class each answer or output was mapped to; null where there is none."""

    image_id = dy.String(primary_key=True, min_length=1)
    run = dy.Int16(primary_key=True, min=0)
    status = one_of(STATUSES)
    text = dy.String(nullable=True)
    class_id = class_column(nullable=True)
    method = one_of(METHODS)
    similarity = dy.Float32(nullable=True)
    oop = dy.Bool()
