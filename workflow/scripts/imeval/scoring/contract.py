"""Parquet contracts of scores and of the numbers computed from them."""

import polars as pl

from imeval.base.columns import class_column, dy, one_of
from imeval.labels.contract import CATEGORIES, MEASURED

OUTCOMES = ("answered", "empty", "refused", "unreadable", "error")
"""The outcome of asking a model about an image.

answered: the model answered, with a class or without. empty, refused, unreadable: the model gave no usable answer; the
image still counts in every denominator. error: nothing came from the model. Only errors can leave the denominator.
"""

METRICS = (
    r"accuracy(_at_\d+|_(best|all)_crops?)?|recall_\d+"
    r"|oop_(rate|rate_as_written|mapped|mapped_labelled|imagenet_name|partial|abstain|wrong)"
)
"""The names of metrics, which are all shares.

accuracy: correct images. accuracy_at_3: correct images at position 3 of their request, or at level 3 of the classes.
accuracy_best_crop, accuracy_all_crops: images of which any crop, or every crop, is correct.
recall_7: correct images of class 7. oop_rate: out-of-prompt answers. oop_rate_as_written: the same if nothing but upper
case is ignored.

The other names are shares of the out-of-prompt answers. oop_mapped: answers that a mapping makes correct.
oop_mapped_labelled: the same without images of N. All others: answers of one kind, see `out_of_prompt.KINDS`.
"""

LABELS = ("imgt", "regt", "imgt_and_regt")
"""The labels under which an image is correct: the original labels, the label set, or both."""


KINDS = ("labels", "rows", "label_sets")
"""What differs between the two accuracies of a difference: ImGT and ReGT, the row of a table, or the label set."""

RESAMPLED = ("bootstrap_images", "bootstrap_classes", "bootstrap_images_runs", "bootstrap_classes_runs")
"""What the draws of a bootstrap interval redraw: images, or whole classes of images; and the runs, if several.

The ends are percentiles over the draws. Both accuracies of a difference have the same draws.
"""


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


class Samples(dy.Schema):
    """What each model made of each image, for programs of others.

    `labels` are those of the label set, as ids and names; `imgt` is the original label. The columns from `status` to
    `oop` are those of `Predictions`.
    """

    model = dy.String(primary_key=True, min_length=1)
    task = dy.String(primary_key=True, min_length=1)
    image_id = dy.String(primary_key=True, min_length=1)
    run = dy.Int16(primary_key=True, min=0)
    imgt = class_column()
    imgt_name = dy.String()
    labels = dy.List(class_column())
    label_names = dy.List(dy.String())
    category = one_of(CATEGORIES)
    status = dy.String()
    text = dy.String(nullable=True)
    class_id = class_column(nullable=True)
    class_name = dy.String(nullable=True)
    method = dy.String()
    similarity = dy.Float32(nullable=True)
    oop = dy.Bool()
    imgt_correct = dy.Bool()
    regt_correct = dy.Bool()


class Metrics(dy.Schema):
    """Numbers of one model and task, for tables.

    `value` and its interval are fractions, null if the denominator is 0. The interval is Wilson's, for other images, or
    Student's of several runs (`student_runs`), for other runs on the same images. All counts are images, summed over
    the runs: `n` is the denominator, `n_hit` the numerator, and `n_asked` what the model was asked about. Of these,
    `n_error` counts errors, which alone may be missing from `n`; `n_unreadable`, `n_empty` and `n_refused` count the
    other images without an answer, and `n_oop` out-of-prompt answers. `n_alone` counts answers about one image alone
    where the model was asked about several. For a share of the out-of-prompt answers, `n_asked` counts only these.
    """

    version = 4
    model = dy.String(primary_key=True)
    task = dy.String(primary_key=True)
    metric = dy.String(regex=f"^({METRICS})$", primary_key=True)
    labels = one_of(LABELS, primary_key=True)
    category = one_of(tuple(MEASURED), primary_key=True)
    value = dy.Float64(nullable=True, min=0, max=1)
    ci_low = dy.Float64(nullable=True)
    ci_high = dy.Float64(nullable=True)
    ci_method = one_of(("wilson", "student_runs"), nullable=True)
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


class Differences(dy.Schema):
    """Differences of two accuracies on the same images.

    An accuracy is that of a model and task under `labels` (see `LABELS`), where the label set is `label_set`. In a row
    of the kind `labels` the two are of one model and task, under ImGT and under ReGT: GPT-4o's CW+, from 0.80 under
    imgt (a) to 0.85 under regt (b), has the difference 0.05. In a row of the kind `rows` they are of two rows of a
    table, the first of them a, under the same labels. In a row of the kind `label_sets` they are of one row of a table,
    under ReGT of its own label set (a) and of another one (b); the categories are those of its own.

    `images` is "all", "position_5" for the images at position 5 of their requests (Table 12), or "beside" for a table's
    second image set (Table 8), under the label set that stands beside it.

    `value_a`, `value_b`, their `difference` (b - a) and its interval are fractions, null without an image. `n` counts
    the images that count for both (errors may not), and no other image is in any of these numbers. With several runs an
    accuracy is the mean over the runs, on the images that count in all of them.

    `only_a` and `only_b` count the images that one of the two alone has correct, null with several runs. `p` is the
    p-value of no difference (`p_method`), `p_holm` its Bonferroni-Holm correction over the `family_size` tests of
    `family`. `chosen` is whether the tasks are the models' best ones, which each draw chooses anew.
    """

    version = 2
    kind = one_of(KINDS, primary_key=True)
    images = dy.String(regex=r"^(all|beside|position_\d+)$", primary_key=True)
    model_a = dy.String(primary_key=True)
    task_a = dy.String(primary_key=True)
    label_set_a = dy.String(primary_key=True)
    labels_a = one_of(LABELS, primary_key=True)
    model_b = dy.String(primary_key=True)
    task_b = dy.String(primary_key=True)
    label_set_b = dy.String(primary_key=True)
    labels_b = one_of(LABELS, primary_key=True)
    category = one_of(tuple(MEASURED), primary_key=True)
    value_a = dy.Float64(nullable=True, min=0, max=1)
    value_b = dy.Float64(nullable=True, min=0, max=1)
    difference = dy.Float64(nullable=True, min=-1, max=1)
    ci_low = dy.Float64(nullable=True, min=-1, max=1)
    ci_high = dy.Float64(nullable=True, min=-1, max=1)
    ci_method = one_of(RESAMPLED)
    chosen = dy.Bool()
    n = dy.Int64(min=0)
    only_a = dy.Int64(nullable=True, min=0)
    only_b = dy.Int64(nullable=True, min=0)
    runs_a = dy.Int16(min=1)
    runs_b = dy.Int16(min=1)
    p = dy.Float64(nullable=True, min=0, max=1)
    p_method = one_of(("mcnemar", "bootstrap"))
    p_holm = dy.Float64(nullable=True, min=0, max=1)
    family = dy.String(min_length=1)
    family_size = dy.Int64(min=0)


class Intervals(dy.Schema):
    """Bootstrap intervals of the accuracies of a table.

    `images` is "all", or "beside" for the table's second image set, as in `Differences`.

    `ci_low` and `ci_high` stand beside those of `Metrics`, which are about images alone or about runs alone. `value` is
    of the images that count in all runs. It is null, as are both ends, without an image.

    The choice of a best task is judged by A under the labels that decide it; other rows, and models of one task, have
    null. `chosen_share` is the share of draws in which the task is its model's best, and `optimism` how much higher
    choosing it makes the model's accuracy: the mean, over the draws, of the best task's accuracy in the draw minus that
    of the same task on the images themselves.
    """

    version = 2
    images = one_of(("all", "beside"), primary_key=True)
    model = dy.String(primary_key=True)
    task = dy.String(primary_key=True)
    labels = one_of(LABELS, primary_key=True)
    category = one_of(tuple(MEASURED), primary_key=True)
    value = dy.Float64(nullable=True, min=0, max=1)
    ci_low = dy.Float64(nullable=True, min=0, max=1)
    ci_high = dy.Float64(nullable=True, min=0, max=1)
    ci_method = one_of(RESAMPLED)
    chosen_share = dy.Float64(nullable=True, min=0, max=1)
    optimism = dy.Float64(nullable=True, min=-1, max=1)


class Ranks(dy.Schema):
    """Bootstrap intervals of dense ranks in Table 3.

    A model that has no images of a category has no row for it.
    """

    model = dy.String(primary_key=True)
    task = dy.String(primary_key=True)
    labels = one_of(LABELS, primary_key=True)
    category = one_of(tuple(MEASURED), primary_key=True)
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


class SlicedMetrics(Metrics):
    """Metrics on the images of one slice; see `labels.slices`."""

    slice = dy.String(primary_key=True, min_length=1)
    place = dy.Int16(min=0)


class SlicedIntervals(Intervals):
    """Bootstrap intervals of accuracies on one slice, which is `images`."""

    images = dy.String(primary_key=True, min_length=1)


class SlicedDifferences(Differences):
    """Differences on the images of one slice, which is `images`."""

    images = dy.String(primary_key=True, min_length=1)


class BetweenSlices(dy.Schema):
    """Differences of a row's accuracy between two slices.

    `difference` is that of slice b minus that of slice a. Each draw of the bootstrap redraws all images and takes both
    accuracies, so that slices that share classes, or are redrawn by classes, keep what they share. `p` is the two-sided
    p-value of no difference, `p_holm` its Bonferroni-Holm correction over the `family_size` tests of `family`.
    """

    model = dy.String(primary_key=True)
    task = dy.String(primary_key=True)
    labels = one_of(LABELS, primary_key=True)
    category = one_of(tuple(MEASURED), primary_key=True)
    slice_a = dy.String(primary_key=True, min_length=1)
    slice_b = dy.String(primary_key=True, min_length=1)
    value_a = dy.Float64(nullable=True, min=0, max=1)
    value_b = dy.Float64(nullable=True, min=0, max=1)
    difference = dy.Float64(nullable=True, min=-1, max=1)
    ci_low = dy.Float64(nullable=True, min=-1, max=1)
    ci_high = dy.Float64(nullable=True, min=-1, max=1)
    ci_method = one_of(RESAMPLED)
    n_a = dy.Int64(min=0)
    n_b = dy.Int64(min=0)
    p = dy.Float64(nullable=True, min=0, max=1)
    p_holm = dy.Float64(nullable=True, min=0, max=1)
    family = dy.String(min_length=1)
    family_size = dy.Int64(min=0)
