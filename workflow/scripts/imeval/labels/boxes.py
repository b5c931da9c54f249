"""The Parquet contract of a label set's boxes."""

from imeval.base.columns import class_column, dy


class Boxes(dy.Schema):
    """Boxes around the objects of images, in the order of the file.

    Coordinates are in pixels of the picture and may lie outside of it. `labels` is empty if annotators were not sure.
    """

    image_id = dy.String(primary_key=True, min_length=1)
    box = dy.Int16(primary_key=True, min=0)
    x_min = dy.Float64()
    y_min = dy.Float64()
    x_max = dy.Float64()
    y_max = dy.Float64()
    labels = dy.List(class_column())
    group = dy.String(nullable=True)
    crowd = dy.Bool()
    reflected = dy.Bool()
    rendition = dy.Bool()
    ocr_needed = dy.Bool()
    dominant_object = dy.Bool()
