import polars as pl
import pytest
from imeval.labels.slices import Slices
from imeval.scoring import slices
from imeval.scoring.contract import BetweenSlices, SlicedMetrics
from imeval.scoring.resampling import Sampling, draw_rows
from scored import A, B, rows_of, scores, side_by_side

IMAGES = Sampling("image", 2000, 0)


def by(text: str) -> pl.DataFrame:
    """Return `Slices` of images "0", "1", ...: "xxy" puts two into x and one into y, which is first."""
    order = sorted(set(text), reverse=True)
    rows = [(str(image), name, order.index(name)) for image, name in enumerate(text)]
    return pl.DataFrame(rows, schema=Slices.create_empty().schema, orient="row")


def between(frames: dict, text: str, sampling: Sampling = IMAGES, a_class: int = 1) -> pl.DataFrame:
    found = side_by_side(frames, a_class=a_class)
    parts = slices.in_slices(found, by(text))
    drawn = {name: draw_rows(part, rows_of(found), sampling, "regt") for name, part in parts.items()}
    return BetweenSlices.validate(slices.compare_slices(drawn, 0.95))


def test_each_slice_is_measured_on_its_own_images() -> None:
    measured = slices.measure_slices(
        scores("1101100", failed="6"),
        by("xxxyyyy"),
        model="a",
        task="cw",
        errors="exclude",
        no_object="correct",
        confidence=0.95,
    )
    SlicedMetrics.validate(measured)
    accuracy = measured.filter(metric="accuracy", labels="regt", category="A").sort("place")
    assert accuracy.select("slice", "place", "value", "n_hit", "n", "n_error").rows() == [
        ("y", 0, pytest.approx(2 / 3), 2, 3, 1),
        ("x", 1, pytest.approx(2 / 3), 2, 3, 0),
    ]


def test_a_row_is_compared_between_every_two_slices() -> None:
    found = between({A: scores("1111111000" * 4), B: scores("1" * 40)}, "zzyyyyyxxx" * 4)
    regt = found.filter(labels="regt", category="A", model="a")
    assert regt.select("slice_a", "slice_b", "value_a", "value_b", "difference", "n_a", "n_b").rows() == [
        ("y", "x", 1.0, 0.0, -1.0, 20, 12),
        ("z", "x", 1.0, 0.0, -1.0, 8, 12),
        ("z", "y", 1.0, 1.0, 0.0, 8, 20),
    ]
    assert regt["ci_low"].to_list() == [-1, -1, 0]
    assert regt["family"].unique().to_list() == ["every row between every two slices under regt, over A"]
    assert regt["family_size"].unique().to_list() == [6]
    assert regt["p"].to_list() == [pytest.approx(1 / 2001), pytest.approx(1 / 2001), 1]


def test_the_interval_is_that_of_two_independent_shares() -> None:
    found = between({A: scores("1100" * 50 + "1110" * 50)}, "x" * 200 + "w" * 200)
    (row,) = found.filter(labels="regt", category="A").to_dicts()
    assert (row["slice_a"], row["slice_b"], row["difference"]) == ("x", "w", 0.25)
    # Normal approximation: 1.96 · sqrt(0.5 · 0.5 / 200 + 0.75 · 0.25 / 200) = 0.0917.
    assert row["ci_low"] == pytest.approx(0.25 - 0.0917, abs=0.01)
    assert row["ci_high"] == pytest.approx(0.25 + 0.0917, abs=0.01)


def test_slices_that_share_classes_keep_what_they_share_in_every_draw() -> None:
    # Both slices have the same image of each class correct: however classes are drawn, there is no difference.
    found = between({A: scores("1100" * 10)}, "xwxw" * 10, Sampling("class", 500, 0), a_class=2)
    (row,) = found.filter(labels="regt", category="A").to_dicts()
    assert (row["difference"], row["ci_low"], row["ci_high"], row["p"]) == (0, 0, 0, 1)
    assert row["ci_method"] == "bootstrap_classes"


def test_a_slice_without_an_image_of_a_category_has_no_difference() -> None:
    found = between({A: scores("1101", minus=2)}, "xxyy").filter(labels="regt", category="S-")
    assert found.select("value_a", "value_b", "difference", "p", "p_holm", "n_a", "n_b").rows() == [
        (None, 1.0, None, None, None, 0, 2)
    ]
