"""Score one model's predictions of one task, image by image, and measure them by label category."""

from typing import TYPE_CHECKING

from imeval import metrics, schemas
from imeval.joblog import job

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
    scored = metrics.score(
        schemas.read(predictions, schemas.Predictions), schemas.read(labels, schemas.Labels), predictions
    )
    schemas.write(scores, schemas.Scores, scored)
    schemas.write(measures, schemas.Metrics, metrics.measure(scored, model, task, errors, confidence))


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
