"""Measure the accuracy of the best crop, and of all crops."""

from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.run.joblog import job
from imeval.scoring.contract import Metrics, Scores
from imeval.scoring.crops import measure_crops
from imeval.scoring.metrics import Errors

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(*, scores: str, model: str, task: str, errors: Errors, confidence: float, metrics: str) -> None:
    """Write the accuracies over the images behind crops."""
    frame = measure_crops(parquet.read(scores, Scores), model=model, task=task, errors=errors, confidence=confidence)
    parquet.write(metrics, Metrics, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            scores=snakemake.input.scores,
            model=snakemake.wildcards.model,
            task=snakemake.wildcards.task,
            errors=snakemake.params.errors,
            confidence=snakemake.params.confidence,
            metrics=snakemake.output[0],
        )
