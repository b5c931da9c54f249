"""Redraw images, and compute every accuracy anew in each draw."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from imeval.labels.contract import CATEGORIES, MEASURED
from imeval.scoring.paired import LABEL_SETS, Correctness, Entry, Row

Unit = Literal["image", "class"]
"""What is drawn with replacement: single images, or original classes with all their images."""

Method = Literal["linear", "nearest", "closest_observation"]
"""What a percentile between two draws is: a number between them, or one of them."""

_View = tuple[int, int]
"""An entry, by its place, on the images that count for it and for another one."""

_Runs = Mapping[tuple[str, int], NDArray[np.float64]]
"""How often each run is drawn in every draw, (draws, runs), by task and number of runs."""

_ALL = list(MEASURED).index("A")
_MEMBERS = [[CATEGORIES.index(member) for member in members] for members in MEASURED.values()]

_DRAWS_AT_ONCE = 256


@dataclass(frozen=True)
class Sampling:
    """How the images are redrawn: `resamples` times, from a seed."""

    unit: Unit
    resamples: int
    seed: int


@dataclass(frozen=True)
class RowDraws:
    """The accuracies of a table's rows in every draw.

    The first draw is the images themselves. `chosen` has the entry that each row is of, in each draw.
    """

    found: Correctness
    rows: Sequence[Row]
    sampling: Sampling
    chosen: Mapping[Row, NDArray[np.intp]]
    accuracies: Mapping[_View, NDArray[np.float64]]

    def of(self, row: Row, beside: Row, labels: str) -> NDArray[np.float64]:
        """Return the accuracies of a row in every draw.

        They are on the images that count for it and for another row. The shape is (draws, categories), with NaN where
        no image counts.
        """
        if len(row.places) == len(beside.places) == 1:
            return self.accuracies[_view(self.found, row.places[0], beside.places[0])][:, LABEL_SETS.index(labels)]
        values = np.empty((len(self.chosen[row]), len(MEASURED)))
        for one, other in product(row.places, beside.places):
            draws = (self.chosen[row] == one) & (self.chosen[beside] == other)
            values[draws] = self.accuracies[_view(self.found, one, other)][draws, LABEL_SETS.index(labels)]
        return values

    def over_all_images(self, places: Sequence[int], labels: str) -> NDArray[np.float64]:
        """Return the accuracies (entries, draws) of entries over all images."""
        return np.stack([self.accuracies[place, place][:, LABEL_SETS.index(labels), _ALL] for place in places])

    def method(self, *rows: Row) -> str:
        """Return what the draws redraw for these rows, as in `contract.RESAMPLED`."""
        units = {"image": "images", "class": "classes"}[self.sampling.unit]
        repeated = any(self.found.runs[row.place] > 1 for row in rows)
        return f"bootstrap_{units}_runs" if repeated else f"bootstrap_{units}"


def draw_rows(found: Correctness, rows: Sequence[Row], sampling: Sampling, best_task_by: str) -> RowDraws:
    """Draw the images with replacement, and compute the accuracies of every draw.

    All rows get the same draws, so what two of them share does not widen the interval of their difference. With several
    runs, these are redrawn too, and independently of the images: the runs of one task alike for all models, because
    they have the same questions.

    Args:
        found: the correctness of the entries of the rows.
        rows: the rows.
        sampling: how images are redrawn.
        best_task_by: the labels by whose accuracy over all images each draw chooses the task of a row that has several.
    """
    places = list(dict.fromkeys(place for row in rows for place in row.places))
    accuracies = _resample(found, {_view(found, one, other) for one, other in product(places, places)}, sampling)
    drawn = RowDraws(found, rows, sampling, {}, accuracies)
    return replace(drawn, chosen={row: _choose(drawn, row, best_task_by) for row in rows})


def percentiles(draws: NDArray[Any], confidence: float, method: Method = "linear") -> list[float]:
    """Return the ends of an interval: percentiles over draws.

    Draws without a value, because they hold no image of the category, are left out; at least one has a value. `method`
    is that of `numpy.quantile`.
    """
    known = draws[~np.isnan(draws)]
    ends: list[float] = np.quantile(known, [(1 - confidence) / 2, (1 + confidence) / 2], method=method).tolist()
    return ends


def _choose(drawn: RowDraws, row: Row, best_task_by: str) -> NDArray[np.intp]:
    """Return the entry that a row is of, in each draw."""
    # Of equally accurate tasks the first is chosen. One without a value ranks below all others.
    best = np.argmax(np.nan_to_num(drawn.over_all_images(row.places, best_task_by), nan=-1), axis=0)
    chosen: NDArray[np.intp] = np.array(row.places)[best]
    # Over the images themselves it is the one that the table shows.
    chosen[0] = row.place
    return chosen


def draw_entries(found: Correctness, sampling: Sampling) -> dict[Entry, NDArray[np.float64]]:
    """Draw images as `draw_rows`, for each entry alone.

    The returned shares of hits are on the images that count for the entry. Their shape is (draws, kinds of hits,
    categories), with NaN where no image counts.
    """
    shares = _resample(found, {(place, place) for place in range(len(found.entries))}, sampling)
    return {entry: shares[place, place] for place, entry in enumerate(found.entries)}


def _view(found: Correctness, entry: int, other: int) -> _View:
    # Where no request failed, an entry has the same images beside every other.
    return (entry, other) if (found.counted[:, entry] & ~found.counted[:, other]).any() else (entry, entry)


def _resample(found: Correctness, views: Collection[_View], sampling: Sampling) -> dict[_View, NDArray[np.float64]]:
    """Return the accuracies (draws, label sets, categories) of each view."""
    sums, runs = _Sums(found, views), _drawn_runs(found, sampling)
    accuracies = {view: np.empty((1 + sampling.resamples, len(found.correct), len(MEASURED))) for view in views}
    first = 0
    for weights in _drawn_images(found, sampling, sums.order):
        draws = slice(first, first + len(weights))
        for view, values in sums.accuracies(weights, runs, draws):
            accuracies[view][draws] = values
        first = draws.stop
    return accuracies


def _drawn_images(found: Correctness, sampling: Sampling, order: NDArray[np.intp]) -> Iterator[NDArray[np.float32]]:
    """Yield blocks (draws, images) of how often each image is drawn.

    The images stand in `order`. The first draw has every image once. A block is overwritten by the next one.
    """
    draw = np.random.default_rng(sampling.seed)
    images = len(found.categories)
    # The unit of each image: itself, or the class of its original label.
    unit = np.unique(found.classes, return_inverse=True)[1] if sampling.unit == "class" else None
    units, of_image = (images, order) if unit is None else (int(unit.max()) + 1, unit[order])
    yield np.ones((1, images), dtype=np.float32)
    block = np.empty((_DRAWS_AT_ONCE, images), dtype=np.float32)
    for start in range(0, sampling.resamples, _DRAWS_AT_ONCE):
        drawn = block[: sampling.resamples - start]
        # One draw after another: an array of all draws would not stay in the processor's cache.
        for line in drawn:
            times = np.bincount(draw.integers(0, units, units), minlength=units).astype(np.float32)
            # Without a mode numpy would write a copy first. All places exist.
            np.take(times, of_image, out=line, mode="clip")
        yield drawn


def _drawn_runs(found: Correctness, sampling: Sampling) -> _Runs:
    """Return how often each run is drawn.

    The first draw has every run once.
    """
    draw = np.random.default_rng([sampling.seed, 1])
    repeated = {(task, count) for (_, task), count in zip(found.entries, found.runs, strict=True) if count > 1}
    return {
        (task, count): np.vstack([np.ones(count), draw.multinomial(count, [1 / count] * count, sampling.resamples)])
        for task, count in sorted(repeated)
    }


class _Sums:
    """The weighted sums of images and hits in every view."""

    def __init__(self, found: Correctness, views: Collection[_View]) -> None:
        self.found, self.views = found, views
        # Images of a category stand together: a slice of their weights needs no copy.
        self.order = np.argsort(found.category_places, kind="stable")
        ends = np.cumsum([0, *np.bincount(found.category_places, minlength=len(CATEGORIES))])
        self.inside = [slice(first, last) for first, last in pairwise(ends)]
        # An entry's columns: its hits in each run under ImGT, those under ReGT, and what counts.
        by_entry = [found.of_entry(place) for place in range(len(found.entries))]
        ends = np.cumsum([0, *(part.shape[1] for part in by_entry)])
        self.columns = np.concatenate(by_entry, axis=1)[self.order].astype(np.float32)
        self.of_entry = [slice(first, last) for first, last in pairwise(ends)]
        # The images that a view lacks, by category; none if no request failed.
        counted = found.counted[self.order]
        self.lacking = {
            (entry, other): [
                images.start + np.flatnonzero(counted[images, entry] & ~counted[images, other])
                for images in self.inside
            ]
            for entry, other in views
        }

    def accuracies(
        self, weights: NDArray[np.float32], runs: _Runs, draws: slice
    ) -> Iterator[tuple[_View, NDArray[np.float64]]]:
        """Yield the accuracies of each view in a block of draws.

        They have the shape (draws, label sets, categories).
        """
        # Sums are whole numbers below 2**24, which float32 holds exactly.
        sums = np.stack([weights[:, images] @ self.columns[images] for images in self.inside], axis=1)
        for view in self.views:
            yield view, self._of_view(view, sums, weights, runs, draws)

    def _of_view(
        self, view: _View, sums: NDArray[np.float32], weights: NDArray[np.float32], runs: _Runs, draws: slice
    ) -> NDArray[np.float64]:
        entry, count = view[0], self.found.runs[view[0]]
        columns = self.of_entry[entry]
        part = sums[:, :, columns].astype(np.float64)
        for category, images in enumerate(self.lacking[view]):
            if len(images):
                part[:, category] -= weights[:, images] @ self.columns[images, columns]
        united = np.stack([part[:, members].sum(axis=1) for members in _MEMBERS], axis=2)
        kinds = len(self.found.correct)
        hits = united[:, :-1].reshape(len(united), kinds, count, len(MEASURED))
        if count > 1:
            hits = np.einsum("dlrc,dr->dlc", hits, runs[self.found.entries[entry][1], count][draws])
        # Whole numbers are divided once: added up, 31 times 1/31 is more than 1.
        # 0 / 0, where a draw has no image of the category, is NaN without a warning.
        with np.errstate(invalid="ignore"):
            shares: NDArray[np.float64] = hits.reshape(len(united), kinds, len(MEASURED)) / (count * united[:, -1:])
        return shares
