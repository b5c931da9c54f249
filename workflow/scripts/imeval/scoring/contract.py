"""Parquet contracts of scores and of the numbers computed from them."""

import polars as pl

from imeval.base.columns import dy, one_of
from imeval.labels.contract import CATEGORIES

OUTCOMES = ("answered", "empty", "refused", "unreadable", "error")
"""The outcome of asking a model about an image.

answered: the model answered, with a class or without. empty, refused, unreadable: the model gave no usable answer; the
image still counts in every denominator. error: nothing came from the model. Only errors can leave the denominator.
"""

METRICS = (
    r"accuracy(_at_\d+)?|recall_\d+"
    r"|oop_(rate|rate_as_written|mapped|mapped_labelled|imagenet_name|partial|abstain|wrong)"
)
"""The names of metrics, which are all shares.

accuracy: correct images. accuracy_at_3: correct images at position 3 of their request. recall_7: correct images of
class 7. oop_rate: out-of-prompt answers. oop_rate_as_written: the same if nothing but upper case is ignored.

The other names are shares of the out-of-prompt answers. oop_mapped: answers that a mapping makes correct.
oop_mapped_labelled: the same without images of N. All others: answers of one kind, see `out_of_prompt.KINDS`.
"""

LABELS = ("imgt", "regt", "imgt_and_regt")
"""The labels under which an image is correct: the original labels, the label set, or both."""


class Scores(dy.Schema):
    """Correctness of each image (equation 2, Section 2.2).

    The last three columns are those of `Predictions`.
    """

    version = 3
    image_id = dy.String(primary_key=True, min_length=1)
    run = dy.Int16(primary_key=True, min=0)
    category = one_of(CATEGORIES)
    outcome = one_of(OUTCOMES)
    imgt_correct = dy.Bool()
    regt_correct = dy.Bool()
    oop = dy.Bool()
    oop_as_written = dy.Bool()
    alone = dy.Bool()


class Metrics(dy.Schema):
    """Numbers of one model and task, for tables.

    `value` and its interval are fractions, null if the denominator is 0. All counts are images, summed over the runs:
    `n` is the denominator, `n_hit` the numerator, and `n_asked` what the model was asked about. Of these, `n_error`
    counts errors, which alone may be missing from `n`; `n_unreadable`, `n_empty` and `n_refused` count the other images
    without an answer, and `n_oop` out-of-prompt answers. `n_alone` counts answers about one image alone where the model
    was asked about several. For a share of the out-of-prompt answers, `n_asked` counts only these.
    """

    version = 3
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
    n_alone = dy.Int64(min=0)
    runs = dy.Int16(min=1)

    @dy.rule()
    def n_is_the_denominator(cls) -> pl.Expr:
        """Return whether `n` holds the hits, and lacks at most the errors."""
        n = pl.col("n")
        return (pl.col("n_hit") <= n) & (n <= pl.col("n_asked")) & (n >= pl.col("n_asked") - pl.col("n_error"))


class Comparisons(dy.Schema):
    """Paired comparisons of models and tasks.

    They are on the same `n` images. `only_a` and `only_b` count the images that only one of the two has correct. `p` is
    the p-value of the exact McNemar test. `p_holm` corrects it for all pairs of a table under one label set.
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
    """Bootstrap intervals of dense ranks in Table 3.

    A model that has no images of a category has no row for it.
    """

    model = dy.String(primary_key=True)
    task = dy.String(primary_key=True)
    labels = one_of(LABELS, primary_key=True)
    category = one_of((*CATEGORIES, "A", "S", "M"), primary_key=True)
    rank_low = dy.Int16(min=1)
    rank_high = dy.Int16(min=1)


class Agreement(dy.Schema):
    """Agreement between the errors of two models (arXiv Figure 9).

    `spearman` correlates the recalls of `classes` classes, over images with exactly one label. `phi` correlates the
    correctness on `images` images, which are all that have a label. Both are null if one model is constant, such as
    always correct.
    """

    model_a = dy.String(primary_key=True)
    model_b = dy.String(primary_key=True)
    spearman = dy.Float64(min=-1, max=1, nullable=True)
    classes = dy.Int16(min=0)
    phi = dy.Float64(min=-1, max=1, nullable=True)
    images = dy.Int64(min=0)
