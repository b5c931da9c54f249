"""Measure a task over the images of each class."""

from typing import TYPE_CHECKING

from imeval import metrics, schemas, subsets
from imeval.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    scores: str, labels: str, measures: str, model: str, task: str, errors: metrics.Errors, confidence: float
) -> None:
    """Read scores and labels, write the recall of every class."""
    frame = subsets.measure_recall(
        schemas.read(scores, schemas.Scores), schemas.read(labels, schemas.Labels), model, task, errors, confidence
    )
    schemas.write(measures, schemas.Metrics, frame)


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
