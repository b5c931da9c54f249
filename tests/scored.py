"""Scores of a few images, written as text: "110" is two correct images and a wrong one."""

import polars as pl
from imeval.scoring.contract import Scores

A, B, C = ("a", "cw"), ("b", "cw"), ("c", "ow")
"""Entries: models with a task."""


def scores(hits: str, failed: str = "", run: int = 0, minus: int = 0) -> pl.DataFrame:
    """Return `Scores` of images of S+ named "0", "1", ..., of which the first `minus` are of S- instead.

    `failed` lists the images whose outcome is an error.
    """
    rows = []
    for place, hit in enumerate(hits):
        category, outcome = "S-" if place < minus else "S+", "error" if str(place) in failed else "answered"
        rows.append((str(place), run, category, outcome, hit == "1", hit == "1", False, False, False))
    return pl.DataFrame(rows, schema=Scores.create_empty().schema, orient="row")
