"""Parts of the images, and images under two label sets."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import polars as pl

from imeval.scoring.paired import Correctness, Row


class Part(NamedTuple):
    """Images on which rows are compared, with the name of these images."""

    images: str
    found: Correctness
    rows: Sequence[Row]


def at_positions(
    found: Correctness, rows: Sequence[Row], positions: Mapping[str, pl.DataFrame], wanted: Sequence[int]
) -> Iterator[Part]:
    """Yield each model's images at each position (Table 12).

    A position without an image is left out.

    Args:
        found: the correctness of the entries of the rows.
        rows: the rows, each of one entry.
        positions: image_id and position in the first run of the task that decides them, by model.
        wanted: the positions, counted from 1.
    """
    for model, placed in positions.items():
        own = [row for row in rows if row.entry[0] == model]
        for position in wanted:
            images = placed.filter(pl.col("position") == position)["image_id"].to_numpy().astype(str)
            inside = np.isin(found.image_ids, images)
            if inside.any():
                yield Part(f"position_{position}", *_restricted(found, own, inside))


def _restricted(found: Correctness, rows: Sequence[Row], inside: np.ndarray) -> tuple[Correctness, list[Row]]:
    """Return the correctness of some rows on some images."""
    places = [row.place for row in rows]
    part = Correctness(
        entries=tuple(row.entry for row in rows),
        runs=tuple(found.runs[place] for place in places),
        image_ids=found.image_ids[inside],
        categories=found.categories[inside],
        classes=found.classes[inside],
        correct={labels: [hits[place][inside] for place in places] for labels, hits in found.correct.items()},
        counted=found.counted[inside][:, places],
    )
    return part, [Row(entry, place, (place,)) for place, entry in enumerate(part.entries)]


def under_both(found: Correctness, other: Correctness) -> tuple[Correctness, Correctness]:
    """Return the correctness under two label sets.

    It is on the images that count under both. The label categories are those of the first.
    """
    counted = found.counted & other.counted
    return replace(found, counted=counted), replace(other, counted=counted, categories=found.categories)
