"""Accuracies in slices of the images, and their differences."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl

from imeval.labels.contract import CATEGORIES, MEASURED
from imeval.scoring.contract import BetweenSlices, SlicedMetrics
from imeval.scoring.differences import resampled_p
from imeval.scoring.metrics import Errors, NoObject, measure
from imeval.scoring.p_values import holm
from imeval.scoring.paired import LABEL_SETS, Correctness, Row
from imeval.scoring.resampling import RowDraws, percentiles


def measure_slices(
    scores: pl.DataFrame,
    slices: pl.DataFrame,
    *,
    model: str,
    task: str,
    errors: Errors,
    no_object: NoObject,
    confidence: float,
) -> pl.DataFrame:
    """Measure a model and task in each slice.

    Args:
        scores: `Scores`.
        slices: `Slices` of the same images.
        model, task: the measured model and its task.
        errors, no_object, confidence: as in `metrics.measure`.

    Returns:
        `SlicedMetrics`.
    """
    parts = [
        measure(part, model, task, errors, confidence, no_object=no_object).with_columns(
            slice=pl.lit(name), place=pl.lit(place, pl.Int16)
        )
        for name, place in _named(slices)
        for part in [scores.join(slices.filter(slice=name), on="image_id", how="semi")]
    ]
    return pl.concat(parts).select(SlicedMetrics.column_names())


def in_slices(found: Correctness, slices: pl.DataFrame) -> dict[str, Correctness]:
    """Return the correctness in each slice, in their order.

    The images stay the same, so that draws of them do too; those outside of the slice do not count.
    """
    parts = {}
    for name, _ in _named(slices):
        inside = np.isin(found.image_ids, slices.filter(slice=name)["image_id"].to_numpy().astype(str))
        parts[name] = replace(found, counted=found.counted & inside[:, None])
    return parts


def compare_slices(drawn: Mapping[str, RowDraws], confidence: float) -> pl.DataFrame:
    """Compare each row of a table between every two slices.

    Args:
        drawn: the rows of the table in each slice, from the same draws.
        confidence: the confidence of the intervals.

    Returns:
        `BetweenSlices`, sorted by its key.
    """
    lines = [
        line
        for a, b in combinations(drawn, 2)
        for row in drawn[a].rows
        for labels in LABEL_SETS
        for line in _compare({a: drawn[a], b: drawn[b]}, row, labels, confidence)
    ]
    _correct(lines)
    return pl.DataFrame(lines, schema=BetweenSlices.create_empty().schema).sort(BetweenSlices.primary_key())


def _named(slices: pl.DataFrame) -> list[tuple[str, int]]:
    """Return the slices and their places, in order."""
    return sorted(slices.select("slice", "place").unique().iter_rows(), key=lambda row: row[1])


def _compare(two: Mapping[str, RowDraws], row: Row, labels: str, confidence: float) -> Iterator[dict[str, Any]]:
    (a, first), (b, second) = two.items()
    values = [drawn.of(row, row, labels) for drawn in (first, second)]
    images = [_images(drawn.found, row) for drawn in (first, second)]
    for place, (category, members) in enumerate(MEASURED.items()):
        n_a, n_b = (sum(counts[member] for member in members) for counts in images)
        draws = values[1][:, place] - values[0][:, place]
        low, high = percentiles(draws[1:], confidence) if n_a and n_b else (None, None)
        model, task = row.entry
        yield {
            "model": model,
            "task": task,
            "labels": labels,
            "category": category,
            "slice_a": a,
            "slice_b": b,
            "value_a": float(values[0][0, place]) if n_a else None,
            "value_b": float(values[1][0, place]) if n_b else None,
            "difference": float(draws[0]) if n_a and n_b else None,
            "ci_low": low,
            "ci_high": high,
            "ci_method": first.method(row),
            "n_a": n_a,
            "n_b": n_b,
            "p": resampled_p(draws) if n_a and n_b else None,
            "family": f"every row between every two slices under {labels}, over {category}",
        }


def _images(found: Correctness, row: Row) -> dict[str, int]:
    counted = found.categories[found.counted[:, row.place]]
    return {category: int((counted == category).sum()) for category in CATEGORIES}


def _correct(lines: Sequence[dict[str, Any]]) -> None:
    """Add the corrected p-values of each family."""
    families = defaultdict(list)
    for line in lines:
        families[line["family"]].append(line)
    for members in families.values():
        tests = [line for line in members if line["p"] is not None]
        for line in members:
            line |= {"family_size": len(tests), "p_holm": None}
        for line, p in zip(tests, holm([line["p"] for line in tests]), strict=True):
            line["p_holm"] = p
