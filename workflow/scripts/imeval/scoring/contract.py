"""The Parquet contracts of scores and of every number computed from them."""

from imeval.base.columns import dy, one_of
from imeval.labels.contract import CATEGORIES

OUTCOMES = ("answered", "empty", "error")

METRICS = r"accuracy(_at_\d+)?|recall_\d+|oop_(rate|mapped|mapped_labelled|imagenet_name|partial|abstain|wrong)"
"""Shares of correct images: of all, of those at a position of their request, of a class; and of out-of-prompt answers:
among all, those that a mapping mends (the second without N), and those of a kind."""

LABELS = ("imgt", "regt", "imgt_and_regt")


class Scores(dy.Schema):
    """Equation 2 of Section 2.2, image by image, under both label sets."""

    image_id = dy.String(primary_key=True, min_length=1)
    run = dy.Int16(primary_key=True, min=0)
    category = one_of(CATEGORIES)
    outcome = one_of(OUTCOMES)
    imgt_correct = dy.Bool()
    regt_correct = dy.Bool()
    oop = dy.Bool()


class Metrics(dy.Schema):
    """Every number a table can print of one model and task; `value` and interval are fractions, null over no image.

    `n` counts images, `n_hit` the ones `value` counts, `n_empty` and `n_error` those without an answer.
    With several runs the counts are sums over the runs.
    """

    model = dy.String(primary_key=True)
    task = dy.String(primary_key=True)
    metric = dy.String(regex=f"^({METRICS})$", primary_key=True)
    labels = one_of(LABELS, primary_key=True)
    category = one_of((*CATEGORIES, "A", "S", "M"), primary_key=True)
    value = dy.Float64(nullable=True, min=0, max=1)
    ci_low = dy.Float64(nullable=True)
    ci_high = dy.Float64(nullable=True)
    n = dy.Int64(min=0)
    n_hit = dy.Int64(min=0)
    n_empty = dy.Int64(min=0)
    n_error = dy.Int64(min=0)
    n_oop = dy.Int64(min=0)
    runs = dy.Int16(min=1)


class Comparisons(dy.Schema):
    """Two models on the same images: `only_a` and `only_b` have one of them correct and not the other.

    `p` is of the exact McNemar test, `p_holm` corrected over all pairs of a table under one label set.
    """

    model_a = dy.String(primary_key=True)
    task_a = dy.String(primary_key=True)
    model_b = dy.String(primary_key=True)
    task_b = dy.String(primary_key=True)
    labels = one_of(LABELS, primary_key=True)
    n = dy.Int64(min=0)
    only_a = dy.Int64(min=0)
    only_b = dy.Int64(min=0)
    p = dy.Float64(min=0, max=1)
    p_holm = dy.Float64(min=0, max=1)


class Ranks(dy.Schema):
    """The interval of a dense rank in a column of Table 3, over resamples of the images."""

    model = dy.String(primary_key=True)
    task = dy.String(primary_key=True)
    labels = one_of(LABELS, primary_key=True)
    category = one_of((*CATEGORIES, "A", "S", "M"), primary_key=True)
    rank_low = dy.Int16(min=1)
    rank_high = dy.Int16(min=1)


class Agreement(dy.Schema):
    """How alike two models err (arXiv Figure 9); null where one of them is always or never correct.

    `spearman` is of the recall of `classes` classes, on images with one label; `phi` of the correctness on `images`
    images with a label.
    """

    model_a = dy.String(primary_key=True)
    model_b = dy.String(primary_key=True)
    spearman = dy.Float64(min=-1, max=1, nullable=True)
    classes = dy.Int16(min=0)
    phi = dy.Float64(min=-1, max=1, nullable=True)
    images = dy.Int64(min=0)
