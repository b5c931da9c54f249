"""Parquet contracts of the second annotation pass."""

import polars as pl

from imeval.annotation.boxes import CORNERS
from imeval.base.columns import class_column, dy, one_of
from imeval.labels.contract import CATEGORIES

REASONS = ("disputed", "control")
"""Why people review an image: its labels are disputed, or it is one of a random sample of the others."""


class Disputes(dy.Schema):
    """The images that people review, by rank.

    Those of the reason "disputed" come first, those with the most evidence against their labels before the others.
    `class_id` is the class that most evidence is for, among those that the labels do not admit: `models` of the
    `of_models` models that have a class for the image predict it, and `evidence` is the sum of their weights (see
    `evidence.weights`). `confident_class` and `confident_count` are those of `confident.Pair`. All these are null where
    there is nothing. `suggestions` has the classes that models find likely, the likeliest first.
    """

    image_id = dy.String(primary_key=True, min_length=1)
    rank = dy.Int32(min=1)
    reason = one_of(REASONS)
    category = one_of(CATEGORIES)
    imgt = class_column()
    labels = dy.List(class_column())
    class_id = class_column(nullable=True)
    models = dy.Int16(min=0)
    of_models = dy.Int16(min=0)
    evidence = dy.Float64(min=0)
    confident_class = class_column(nullable=True)
    confident_count = dy.Int32(nullable=True, min=1)
    suggestions = dy.List(class_column())

    @dy.rule()
    def ranks_differ(cls) -> pl.Expr:
        """Return whether no two images have the same rank."""
        return pl.col("rank").is_unique()


class Proposals(dy.Schema):
    """The classes that each source proposes for a reviewed image.

    A source is one of `annotation.LABEL_SOURCES` or the name of a model. The list is empty where a label set has no
    label, or a model no class.
    """

    image_id = dy.String(primary_key=True, min_length=1)
    source = dy.String(primary_key=True, min_length=1)
    class_ids = dy.List(class_column())


ANSWERS = ("classes", "none", "not_sure")
"""What a person decides about an image: it shows these classes, none of all classes, or the person is not sure."""

HOW = ("single", "agreed", "adjudicated", "conflict", "not_sure")
"""How an image was decided: by one person, by several who agree, or by a further person after a conflict.

The labels stay as they were after a conflict that nobody has settled, and where people are not sure.
"""

UNDECIDED = ("conflict", "not_sure")
"""How images were not decided."""

OUTCOMES = ("preferred", "combined", "preserved", "other", "undecided")
"""What came of a source's proposal that the labels did not admit (Figure 7).

preferred: the new labels have it and none of the old ones. combined: they have both. preserved: they have an old label
without it. other: they have neither. undecided: the labels stayed as they were, because nobody was sure or people
disagreed.
"""

CHANGES = ("changed", "unchanged")
"""What came of the labels themselves."""


class Decisions(dy.Schema):
    """What each person decided about each image.

    `sources` are those whose proposals the person took, `order` all of them in the order in which they were shown, and
    `seed` the seed of this order. `adjudicates` marks the decision of a further person after a conflict. `seconds` is
    the time that the person took. `time` is when, in UTC, such as "2026-11-28T21:04:31+00:00". `boxes` are around
    objects of `labels`, in pixels; `width` and `height` are those of the picture.
    """

    version = 2

    image_id = dy.String(primary_key=True, min_length=1)
    annotator = dy.String(primary_key=True, min_length=1)
    answer = one_of(ANSWERS)
    labels = dy.List(class_column())
    sources = dy.List(dy.String())
    order = dy.List(dy.String())
    seed = dy.Int64(nullable=True)
    adjudicates = dy.Bool()
    note = dy.String(nullable=True)
    seconds = dy.Float64(nullable=True, min=0)
    time = dy.String(nullable=True)
    boxes = dy.List(
        dy.Struct(
            {
                "class_id": class_column(),
                **{corner: dy.Float64(min=0) for corner in CORNERS},
                "width": dy.Int32(nullable=True, min=1),
                "height": dy.Int32(nullable=True, min=1),
            }
        )
    )

    @dy.rule()
    def classes_have_labels(cls) -> pl.Expr:
        """Return whether only the answer "classes" has labels."""
        return (pl.col("answer") == "classes") == (pl.col("labels").list.len() > 0)


class Resolved(dy.Schema):
    """The labels of each decided image before and after."""

    image_id = dy.String(primary_key=True, min_length=1)
    how = one_of(HOW)
    before = dy.List(class_column())
    after = dy.List(class_column())
    annotators = dy.List(dy.String(), min_length=1)


class ImageOutcomes(dy.Schema):
    """What came of each source's proposal for each reviewed image.

    `outcome` is null where the labels admitted all that was `proposed`. The source "labels" has one of `CHANGES`, or
    "undecided". `control` marks the control sample. `before` and `after` are the labels.
    """

    image_id = dy.String(primary_key=True, min_length=1)
    source = dy.String(primary_key=True, min_length=1)
    category = one_of(CATEGORIES)
    control = dy.Bool()
    imgt = class_column()
    proposed = dy.List(class_column())
    before = dy.List(class_column())
    after = dy.List(class_column())
    outcome = one_of((*OUTCOMES, *CHANGES), nullable=True)


class Outcomes(dy.Schema):
    """How often each outcome came of the proposals of a source.

    `category` is that of the labels under review, "A" for all disputed images, or "control" for the control sample.
    `annotator` is a person, whose decisions alone count, or empty for the final labels. The source "labels" counts
    `CHANGES`; all others count `OUTCOMES`. `of_images` are the images with an outcome other than "undecided", the
    denominator of `share` and its Wilson interval. `published` is the paper's number of images.
    """

    source = dy.String(primary_key=True, min_length=1)
    category = one_of((*CATEGORIES, "A", "control"), primary_key=True)
    annotator = dy.String(primary_key=True)
    outcome = one_of((*OUTCOMES, *CHANGES), primary_key=True)
    images = dy.Int64(min=0)
    of_images = dy.Int64(min=0)
    share = dy.Float64(nullable=True, min=0, max=1)
    ci_low = dy.Float64(nullable=True, min=0, max=1)
    ci_high = dy.Float64(nullable=True, min=0, max=1)
    published = dy.Int64(nullable=True, min=0)
