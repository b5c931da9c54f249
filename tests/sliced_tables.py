"""What a table by slices of 20 images is made from."""

from dataclasses import replace

import polars as pl
from imeval.scoring.contract import BetweenSlices, SlicedDifferences, SlicedIntervals
from imeval.tables.context import Context, SlicedImages
from made_tables import LITE0, context, measured

NO_LABEL = {"A": 2, "S": 0, "S+": 0, "S-": 0, "M": 0, "M+": 0, "M-": 0, "N": 2}
ONE_LABEL = {"A": 10, "S": 10, "S+": 10, "S-": 0, "M": 0, "M+": 0, "M-": 0, "N": 0}
SEVERAL = {"A": 8, "S": 3, "S+": 0, "S-": 3, "M": 5, "M+": 3, "M-": 2, "N": 0}


def part(name: str, counts: dict[str, int], metrics: pl.DataFrame, **frames: pl.DataFrame) -> SlicedImages:
    empty = {
        "intervals": SlicedIntervals.create_empty(),
        "differences": SlicedDifferences.create_empty(),
    }
    return SlicedImages(name, counts, metrics, **(empty | frames))


def sliced(**changes: object) -> Context:
    between = {
        "model": "lite0", "task": "cw", "labels": "regt", "category": "A", "slice_a": "1", "slice_b": "2 and more",
        "value_a": 0.9, "value_b": 0.5, "difference": -0.4, "ci_low": -0.7, "ci_high": -0.1,
        "ci_method": "bootstrap_images", "n_a": 10, "n_b": 8, "p": 0.01, "p_holm": 0.02, "family": "f",
        "family_size": 2,
    }  # fmt: skip
    interval = {
        "images": "all", "model": "lite0", "task": "cw", "labels": "regt", "category": "A", "value": 0.5,
        "ci_low": 0.2, "ci_high": 0.8, "ci_method": "bootstrap_images", "chosen_share": None, "optimism": None,
    }  # fmt: skip
    intervals = pl.DataFrame([interval], schema=SlicedIntervals.create_empty().schema)
    made = context(
        measured("lite0", "cw", imgt=12, regt=14),
        models=(LITE0,),
        slices_title="number of labels",
        slices=[
            part("0", NO_LABEL, measured("lite0", "cw", imgt=1, regt=2, categories=2)),
            part("1", ONE_LABEL, measured("lite0", "cw", imgt=8, regt=9, categories=10)),
            part("2 and more", SEVERAL, measured("lite0", "cw", imgt=3, regt=4, categories=8), intervals=intervals),
        ],
        between=BetweenSlices.validate(pl.DataFrame([between], schema=BetweenSlices.create_empty().schema)),
    )
    return replace(made, **changes)
