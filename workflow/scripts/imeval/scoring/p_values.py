"""P-values of paired tests, and their correction."""

from collections.abc import Sequence


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the exact two-sided p-value of McNemar's test.

    The arguments count the images that only one of two models has correct.
    """
    # Imported here: it adds 0.3 s to the start of a job, and few need it.
    from scipy.special import bdtr  # type: ignore[import-untyped]

    discordant = only_first + only_second
    return min(1.0, 2 * float(bdtr(min(only_first, only_second), discordant, 0.5))) if discordant else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected by Holm's step-down procedure."""
    ascending = sorted(range(len(p_values)), key=lambda place: p_values[place])
    corrected = [0.0] * len(p_values)
    highest = 0.0
    for done, place in enumerate(ascending):
        # A corrected value is never below that of a smaller p-value.
        highest = max(highest, min(1.0, (len(p_values) - done) * p_values[place]))
        corrected[place] = highest
    return corrected
