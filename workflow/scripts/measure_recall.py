"""Measure the recall of each class."""

from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.labels.contract import Labels
from imeval.run.joblog import job
from imeval.scoring import breakdowns
from imeval.scoring.contract import Metrics, Scores
from imeval.scoring.metrics import Errors, NoObject, judged_scores

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    *,
    scores: str,
    labels: str,
    model: str,
    task: str,
    errors: Errors,
    no_object: NoObject,
    confidence: float,
    metrics: str,
) -> None:
    """Write the recall of every class."""
    frame = breakdowns.measure_recall(
        judged_scores(parquet.read(scores, Scores), no_object),
        parquet.read(labels, Labels),
        model=model,
        task=task,
        errors=errors,
        confidence=confidence,
    )
    parquet.write(metrics, Metrics, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            scores=snakemake.input.scores,
            labels=snakemake.input.labels,
            model=snakemake.wildcards.model,
            task=snakemake.wildcards.task,
            errors=snakemake.params.errors,
            no_object=snakemake.params.no_object,
            confidence=snakemake.params.confidence,
            metrics=snakemake.output[0],
        )
