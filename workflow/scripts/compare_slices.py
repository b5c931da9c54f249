"""Compare the rows of a table within and between slices."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl
from imeval.base import parquet
from imeval.labels.slices import Slices
from imeval.run.joblog import job
from imeval.scoring import paired, slices
from imeval.scoring.bootstrap_intervals import measure_intervals
from imeval.scoring.contract import BetweenSlices, Metrics, SlicedDifferences, SlicedIntervals
from imeval.scoring.differences import compare, pairs_of
from imeval.scoring.metrics import Errors, NoObject
from imeval.scoring.resampling import RowDraws, Sampling, draw_rows

if TYPE_CHECKING:
    from snakemake.script import snakemake


@dataclass(frozen=True)
class Inputs:
    """The input files."""

    scores: Sequence[str]
    metrics: Sequence[str]
    labels: str
    slices: str


@dataclass(frozen=True)
class Settings:
    """How the rows of a table are compared."""

    entries: Sequence[Sequence[str]]
    label_set: str
    best_tasks: bool
    best_task_by: str
    errors: Errors
    no_object: NoObject
    sampling: Sampling
    confidence: float


def main(*, inputs: Inputs, settings: Settings, differences: str, intervals: str, between: str) -> None:
    """Write differences in slices and between them."""
    found = paired.read_correctness(
        inputs.scores, inputs.labels, settings.entries, settings.errors, no_object=settings.no_object
    )
    best_task_by = settings.best_task_by if settings.best_tasks else None
    rows = [
        # The task that the table shows of a model is chosen over all images, not anew in each slice.
        paired.Row(row.entry, row.place, (row.place,))
        for row in paired.shown(settings.entries, parquet.read_all(inputs.metrics, Metrics), best_task_by)
    ]
    # The images and the seed are the same in every slice, and so are the draws.
    drawn = {
        name: draw_rows(part, rows, settings.sampling, settings.best_task_by)
        for name, part in slices.in_slices(found, parquet.read(inputs.slices, Slices)).items()
    }
    pairs = [pair for name, one in drawn.items() for pair in pairs_of(one, settings.label_set, name)]
    parquet.write(differences, SlicedDifferences, compare(pairs, settings.confidence))
    parquet.write(intervals, SlicedIntervals, pl.concat(_intervals(name, one, settings) for name, one in drawn.items()))
    parquet.write(between, BetweenSlices, slices.compare_slices(drawn, settings.confidence))


def _intervals(name: str, drawn: RowDraws, settings: Settings) -> pl.DataFrame:
    return measure_intervals(drawn, settings.best_task_by, settings.confidence, name)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            inputs=Inputs(
                scores=snakemake.input.scores,
                metrics=snakemake.input.metrics,
                labels=snakemake.input.labels,
                slices=snakemake.input.slices,
            ),
            settings=Settings(
                entries=snakemake.params.entries,
                label_set=snakemake.params.label_set,
                best_tasks=snakemake.params.best_tasks,
                best_task_by=snakemake.params.best_task_by,
                errors=snakemake.params.errors,
                no_object=snakemake.params.no_object,
                sampling=Sampling(**snakemake.params.sampling),
                confidence=snakemake.params.confidence,
            ),
            differences=snakemake.output.differences,
            intervals=snakemake.output.intervals,
            between=snakemake.output.between,
        )
