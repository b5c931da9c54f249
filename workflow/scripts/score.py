"""Score one model's predictions of one task, image by image, and measure them by label category."""

from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.labels.contract import Labels
from imeval.mapping.contract import Predictions
from imeval.run.joblog import job
from imeval.scoring import metrics
from imeval.scoring.contract import Metrics, Scores

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    predictions: str,
    labels: str,
    scores: str,
    measures: str,
    model: str,
    task: str,
    errors: metrics.Errors,
    confidence: float,
) -> None:
    """Read predictions and labels, write scores and metrics."""
    scored = metrics.score(parquet.read(predictions, Predictions), parquet.read(labels, Labels), predictions)
    parquet.write(scores, Scores, scored)
    parquet.write(measures, Metrics, metrics.measure(scored, model, task, errors, confidence))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            snakemake.input.predictions,
            snakemake.input.labels,
            snakemake.output.scores,
            snakemake.output.metrics,
            snakemake.wildcards.model,
            snakemake.wildcards.task,
            snakemake.params.errors,
            snakemake.params.confidence,
        )
