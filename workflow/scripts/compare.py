"""Compare the accuracies of a table on the same images."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.run.joblog import job
from imeval.scoring import paired
from imeval.scoring.contract import Differences, Intervals, Metrics, Ranks
from imeval.scoring.differences import compare
from imeval.scoring.intervals import measure_intervals
from imeval.scoring.metrics import Errors, NoObject
from imeval.scoring.ranks import bootstrap_ranks
from imeval.scoring.resampling import Sampling, draw_rows

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    *,
    scores: Sequence[str],
    metrics: Sequence[str],
    labels: str,
    entries: Sequence[Sequence[str]],
    label_set: str,
    best_tasks: bool,
    best_task_by: str,
    errors: Errors,
    no_object: NoObject,
    sampling: Sampling,
    confidence: float,
    differences: str,
    intervals: str,
    ranks: str,
) -> None:
    """Write a table's differences, intervals and ranks from the same draws.

    With `best_tasks` each model is compared by its best task, which every draw chooses anew.
    """
    found = paired.read_correctness(scores, labels, entries, errors, no_object=no_object)
    rows = paired.shown(entries, parquet.read_all(metrics, Metrics), best_task_by if best_tasks else None)
    drawn = draw_rows(found, rows, sampling, best_task_by)
    parquet.write(differences, Differences, compare(drawn, label_set, confidence))
    parquet.write(intervals, Intervals, measure_intervals(drawn, best_task_by, confidence))
    parquet.write(ranks, Ranks, bootstrap_ranks(drawn, confidence))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            scores=snakemake.input.scores,
            metrics=snakemake.input.metrics,
            labels=snakemake.input.labels,
            entries=snakemake.params.entries,
            label_set=snakemake.params.label_set,
            best_tasks=snakemake.params.best_tasks,
            best_task_by=snakemake.params.best_task_by,
            errors=snakemake.params.errors,
            no_object=snakemake.params.no_object,
            sampling=Sampling(**snakemake.params.sampling),
            confidence=snakemake.params.confidence,
            differences=snakemake.output.differences,
            intervals=snakemake.output.intervals,
            ranks=snakemake.output.ranks,
        )
