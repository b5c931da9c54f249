import polars as pl
from imeval import tables
from imeval.scoring.breakdowns import accuracy_row
from imeval.scoring.contract import Metrics, Scores
from imeval.scoring.metrics import MetricKey
from made_tables import LITE0, context, headings, measured, numbers


def at_levels(*hits: int) -> pl.DataFrame:
    """Measure a model that is right on so many of 20 images at each level, under both labels."""
    rows = []
    for level, right in enumerate(hits):
        scored = [
            (str(place), 0, "S+", "answered", place < right, place < right, False, False, False) for place in range(20)
        ]
        frame = pl.DataFrame(scored, schema=Scores.create_empty().schema, orient="row")
        for labels in ("imgt", "regt"):
            rows.append(
                accuracy_row(MetricKey("lite0", "cw", f"accuracy_at_{level}", labels, "A"), frame, "wrong", 0.95)
            )
    return pl.DataFrame(rows, schema=Metrics.create_empty().schema)


def test_every_level_has_a_column_under_each_label_set() -> None:
    made = context(measured("lite0", "cw", imgt=12, regt=12), at_levels(12, 15, 19), models=(LITE0,))
    table = tables.build("levels", made)
    assert headings(table)[2:] == [
        "ImGT class", "ImGT level 1", "ImGT level 2", "demo ReGT class", "demo ReGT level 1", "demo ReGT level 2"
    ]  # fmt: skip
    assert [number.value for number in numbers(table, "lite0", "cw")] == [60, 75, 95, 60, 75, 95]
