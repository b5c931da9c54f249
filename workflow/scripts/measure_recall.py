"""Measure a task over the images of each class."""

from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.labels.contract import Labels
from imeval.run.joblog import job
from imeval.scoring import breakdowns, metrics
from imeval.scoring.contract import Metrics, Scores

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    scores: str, labels: str, measures: str, model: str, task: str, errors: metrics.Errors, confidence: float
) -> None:
    """Read scores and labels, write the recall of every class."""
    frame = breakdowns.measure_recall(
        parquet.read(scores, Scores),
        parquet.read(labels, Labels),
        model=model,
        task=task,
        errors=errors,
        confidence=confidence,
    )
    parquet.write(measures, Metrics, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            snakemake.input.scores,
            snakemake.input.labels,
            snakemake.output[0],
            snakemake.wildcards.model,
            snakemake.wildcards.task,
            snakemake.params.errors,
            snakemake.params.confidence,
        )
