"""Confidence intervals by formula."""

import math
from collections.abc import Sequence
from statistics import NormalDist, fmean, stdev
from typing import NamedTuple


class Interval(NamedTuple):
    """The two ends of a confidence interval."""

    low: float
    high: float


def wilson(hits: int, n: int, confidence: float) -> Interval:
    """Return Wilson's score interval of a share.

    `n` is at least 1. Unlike the normal approximation, the interval stays between 0 and 1 even for few images.
    """
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = hits / n
    spread = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    # With 0 or n hits, one end equals the share. Rounding could move it slightly to the wrong side.
    return Interval(max(0.0, min(share, centre - spread)), min(1.0, max(share, centre + spread)))


def t_interval(values: Sequence[float], confidence: float) -> Interval:
    """Return Student's t interval of runs (Table 16).

    There must be at least two. Their standard deviation divides by n - 1.
    """
    # Imported here: only repeated runs need it, and it adds 0.3 s to the start of a job.
    from scipy.special import stdtrit  # type: ignore[import-untyped]

    quantile = float(stdtrit(len(values) - 1, (1 + confidence) / 2))
    half = quantile * stdev(values) / math.sqrt(len(values))
    return Interval(fmean(values) - half, fmean(values) + half)
