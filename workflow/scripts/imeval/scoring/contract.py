"""Parquet contracts of scores and numbers computed from them."""

import polars as pl

from imeval.base.columns import dy, one_of
from imeval.labels.contract import CATEGORIES

OUTCOMES = ("answered", "empty", "refused", "unreadable", "error")
"""What came of asking about an image.

answered: an answer, with a class or without. empty, refused and unreadable are results of the model too, without a
class: they count in every denominator. error: nothing came from the model, which alone can leave it.
"""

METRICS = r"accuracy(_at_\d+)?|recall_\d+|oop_(rate|mapped|mapped_labelled|imagenet_name|partial|abstain|wrong)"
"""Names of metrics.

accuracy: the share of correct images. accuracy_at_3: of those at position 3 of their request. recall_7: of those of
class 7. oop_rate: the share of out-of-prompt answers. The other oop_ metrics are shares among out-of-prompt answers:
oop_mapped of those that a mapping makes correct (oop_mapped_labelled: without images of N), the rest of one kind.
"""

LABELS = ("imgt", "regt", "imgt_and_regt")
"""The labels under which an image is correct: original labels, the label set, or both."""


class Scores(dy.Schema):
    """Correctness of each image (equation 2, Section 2.2)."""

    version = 2
    image_id = dy.String(primary_key=True, min_length=1)
    run = dy.Int16(primary_key=True, min=0)
    category = one_of(CATEGORIES)
    outcome = one_of(OUTCOMES)
    imgt_correct = dy.Bool()
    regt_correct = dy.Bool()
    oop = dy.Bool()


class Metrics(dy.Schema):
    """Numbers of one model and task, for tables.

    `value` and its interval are fractions, null if no image is in the denominator. `n` is the denominator of `value`
    and `n_hit` its numerator, in images. `n_asked` counts the images that the model was asked about, `n_error` those of
    them about which nothing came; only these may be missing from `n`. `n_unreadable`, `n_empty` and `n_refused` count
    the other images without an answer, `n_oop` those with an out-of-prompt answer. The metrics among out-of-prompt
    answers have these as images asked about. With several runs the counts are sums over the runs.
    """

    version = 2
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
    n_asked = dy.Int64(min=0)
    n_error = dy.Int64(min=0)
    n_unreadable = dy.Int64(min=0)
    n_empty = dy.Int64(min=0)
    n_refused = dy.Int64(min=0)
    n_oop = dy.Int64(min=0)
    runs = dy.Int16(min=1)

    @dy.rule()
    def n_is_the_denominator(cls) -> pl.Expr:
        """Return whether `n` holds the hits, and lacks at most the errors."""
        n = pl.col("n")
        return (pl.col("n_hit") <= n) & (n <= pl.col("n_asked")) & (n >= pl.col("n_asked") - pl.col("n_error"))


class Comparisons(dy.Schema):
    """Two entries compared on the same images.

    `only_a` and `only_b` count the images that only one of the two has correct. `p` is the p-value of the exact McNemar
    test, `p_holm` its correction for all pairs of a table under one label set.
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
    """Bootstrap interval of a dense rank in Table 3.

    A model without images of a category has no row for it.
    """

    model = dy.String(primary_key=True)
    task = dy.String(primary_key=True)
    labels = one_of(LABELS, primary_key=True)
    category = one_of((*CATEGORIES, "A", "S", "M"), primary_key=True)
    rank_low = dy.Int16(min=1)
    rank_high = dy.Int16(min=1)


class Agreement(dy.Schema):
    """How alike two models err (arXiv Figure 9).

    `spearman` is the correlation of the recalls of `classes` classes, on images with exactly one label. `phi` is the
    correlation of the correctness on `images` images with a label. Both are null if one of the two is constant, such as
    always correct.
    """

    model_a = dy.String(primary_key=True)
    model_b = dy.String(primary_key=True)
    spearman = dy.Float64(min=-1, max=1, nullable=True)
    classes = dy.Int16(min=0)
    phi = dy.Float64(min=-1, max=1, nullable=True)
    images = dy.Int64(min=0)
