"""Compare the accuracies of a table on the same images."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.run.joblog import job
from imeval.scoring import differences, paired
from imeval.scoring.contract import Differences, Metrics
from imeval.scoring.metrics import Errors
from imeval.scoring.resampling import Sampling

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    *,
    scores: Sequence[str],
    metrics: Sequence[str],
    labels: str,
    entries: Sequence[Sequence[str]],
    label_set: str,
    best_task_by: str | None,
    errors: Errors,
    sampling: Sampling,
    confidence: float,
    output: str,
) -> None:
    """Write the differences between the rows of a table."""
    found = paired.read_correctness(scores, labels, entries, errors)
    rows = paired.shown(entries, parquet.read_all(metrics, Metrics), best_task_by)
    compared = differences.compare(found, rows, label_set, sampling, confidence=confidence, best_task_by=best_task_by)
    parquet.write(output, Differences, compared)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            scores=snakemake.input.scores,
            metrics=snakemake.input.metrics,
            labels=snakemake.input.labels,
            entries=snakemake.params.entries,
            label_set=snakemake.params.label_set,
            best_task_by=snakemake.params.best_task_by,
            errors=snakemake.params.errors,
            sampling=Sampling(**snakemake.params.sampling),
            confidence=snakemake.params.confidence,
            output=snakemake.output[0],
        )
