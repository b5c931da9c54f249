"""Intervals of confidence, ranks and paired tests."""

import math
from collections.abc import Sequence
from statistics import NormalDist, fmean, stdev
from typing import NamedTuple


class Interval(NamedTuple):
    """The two ends of an interval of confidence."""

    low: float
    high: float


def wilson(hits: int, n: int, confidence: float) -> Interval:
    """Return Wilson's score interval of a share, `hits` of `n` >= 1; within 0 and 1 also for few images."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = hits / n
    spread = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    # At 0 and n hits one end is the share itself, but for the last bit.
    return Interval(max(0.0, min(share, centre - spread)), min(1.0, max(share, centre + spread)))


def t_interval(values: Sequence[float], confidence: float) -> Interval:
    """Return the interval of the mean of at least two runs, by Student's t with the deviation of ddof 1 (Table 16)."""
    # Only repeated runs need it, and it costs a stage script 0.3 s.
    from scipy.special import stdtrit  # type: ignore[import-untyped]

    quantile = float(stdtrit(len(values) - 1, (1 + confidence) / 2))
    half = quantile * stdev(values) / math.sqrt(len(values))
    return Interval(fmean(values) - half, fmean(values) + half)


def dense_ranks(values: Sequence[float | None]) -> list[int | None]:
    """Return the rank of each value, 1 the highest; equal values share one, the next takes the next; None has none."""
    descending = sorted({value for value in values if value is not None}, reverse=True)
    ranks = {value: rank for rank, value in enumerate(descending, start=1)}
    return [None if value is None else ranks[value] for value in values]


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the exact two-sided p-value of McNemar's test, from the images that only one of the two has correct."""
    from scipy.special import bdtr

    discordant = only_first + only_second
    return min(1.0, 2 * float(bdtr(min(only_first, only_second), discordant, 0.5))) if discordant else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for their number by Holm's step-down procedure, in their order."""
    ascending = sorted(range(len(p_values)), key=lambda place: p_values[place])
    corrected = [0.0] * len(p_values)
    highest = 0.0
    for done, place in enumerate(ascending):
        highest = max(highest, min(1.0, (len(p_values) - done) * p_values[place]))
        corrected[place] = highest
    return corrected
