"""Paired comparisons of models on the same images."""

from itertools import combinations

import numpy as np
import polars as pl

from imeval.scoring.contract import Comparisons
from imeval.scoring.paired import LABEL_SETS, Correctness
from imeval.scoring.statistics import holm, mcnemar


def compare(found: Correctness) -> pl.DataFrame:
    """Compare every two entries by the exact McNemar test.

    A pair is compared on the images that count for both. Holm's correction covers all pairs under one label set.

    Returns:
        `Comparisons`, sorted by its key.
    """
    frames = [_pairs(found, labels) for labels in LABEL_SETS]
    return pl.concat(frames).sort(Comparisons.primary_key())


def _pairs(found: Correctness, labels: str) -> pl.DataFrame:
    correct, rows = found.correct[labels], []
    for a, b in combinations(range(len(found.entries)), 2):
        both = found.counted[:, a] & found.counted[:, b]
        only_a, only_b = (
            int(np.count_nonzero(both & correct[:, one] & ~correct[:, other])) for one, other in ((a, b), (b, a))
        )
        counts = (int(np.count_nonzero(both)), only_a, only_b)
        rows.append((*found.entries[a], *found.entries[b], labels, *counts, mcnemar(only_a, only_b)))
    # The last value of a row is p. Holm's correction needs the p of all rows.
    p_holm = pl.Series("p_holm", holm([row[-1] for row in rows]), dtype=pl.Float64)
    schema = {name: kind for name, kind in Comparisons.create_empty().schema.items() if name != "p_holm"}
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(p_holm)
