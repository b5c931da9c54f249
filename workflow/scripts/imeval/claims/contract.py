"""Contract of the claims and their verdicts."""

from imeval.base.columns import dy, one_of

VERDICTS = ("supported", "not supported", "cannot tell")
"""What the numbers show of a claim, see `claim.verdict_of`."""


class Claims(dy.Schema):
    """The verdicts, by claim and subject.

    A subject is a model (empty if the value is of several) and a `detail`, such as a label category. The row of a claim
    as a whole has the detail "all". `expected` is the range in which the claim puts the value of `formula`; accuracies
    are in percent. `paper_value` and `paper_verdict` follow from the paper's printed tables, `value`, its interval and
    `verdict` from this run. Both values are null if what they need is missing: `paper_missing` and `missing` name it.
    """

    claim = dy.String(primary_key=True, min_length=1)
    model = dy.String(primary_key=True)
    detail = dy.String(primary_key=True)
    statement = dy.String(min_length=1)
    where = dy.String(min_length=1)
    formula = dy.String(min_length=1)
    expected = dy.String()
    paper_value = dy.Float64(nullable=True)
    paper_verdict = one_of(VERDICTS)
    paper_missing = dy.String()
    # A ratio is infinite where its denominator is 0, as that of gains on a few images may be.
    value = dy.Float64(nullable=True, allow_inf=True)
    ci_low = dy.Float64(nullable=True, allow_inf=True)
    ci_high = dy.Float64(nullable=True, allow_inf=True)
    verdict = one_of(VERDICTS)
    missing = dy.String()
