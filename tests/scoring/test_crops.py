import polars as pl
from imeval.scoring.contract import Metrics, Scores
from imeval.scoring.crops import measure_crops

CROPS = [
    ("a_crop_1_0", "answered", True), ("a_crop_7_1", "answered", False),
    ("b_crop_1_0", "answered", True), ("b_crop_1_1", "answered", True),
    ("c_crop_9_0", "answered", False),
    ("d_crop_9_0", "error", False), ("d_crop_2_1", "answered", True),
    ("e_crop_9_0", "error", False),
]  # fmt: skip


def measured(errors: str) -> dict[str, tuple[int, int, int]]:
    """Return the hits, the images that count and the errors of each metric under the labels of boxes."""
    rows = [(name, 0, "S+", outcome, right, right, False, False, False) for name, outcome, right in sorted(CROPS)]
    scores = pl.DataFrame(rows, schema=Scores.create_empty().schema, orient="row")
    frame = Metrics.validate(measure_crops(scores, model="m", task="cw", errors=errors, confidence=0.95))
    return {
        row["metric"]: (row["n_hit"], row["n"], row["n_error"])
        for row in frame.filter(pl.col("labels") == "regt").iter_rows(named=True)
    }


def test_an_image_is_right_by_its_best_crop_or_by_all_of_them() -> None:
    assert measured("exclude") == {"accuracy_best_crop": (3, 4, 1), "accuracy_all_crops": (2, 4, 1)}


def test_a_crop_that_is_an_error_is_wrong_where_errors_count() -> None:
    assert measured("wrong") == {"accuracy_best_crop": (3, 5, 1), "accuracy_all_crops": (1, 5, 1)}
