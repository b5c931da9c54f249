"""Score and measure the predictions of a model."""

from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.labels.contract import Labels
from imeval.mapping.contract import Candidates, Predictions
from imeval.run.joblog import job
from imeval.scoring.contract import Metrics, Scores
from imeval.scoring.correctness import score
from imeval.scoring.metrics import Errors, NoObject, measure

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    *,
    predictions: str,
    labels: str,
    model: str,
    task: str,
    errors: Errors,
    no_object: NoObject,
    confidence: float,
    scores: str,
    metrics: str,
    candidates: str | None = None,
) -> None:
    """Write the scores and metrics of a task."""
    several = parquet.read(candidates, Candidates) if candidates else None
    frame = score(parquet.read(predictions, Predictions), parquet.read(labels, Labels), predictions, several)
    parquet.write(scores, Scores, frame)
    parquet.write(metrics, Metrics, measure(frame, model, task, errors, confidence, no_object=no_object))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            predictions=snakemake.input.predictions,
            candidates=next(iter(snakemake.input.candidates), None),
            labels=snakemake.input.labels,
            model=snakemake.wildcards.model,
            task=snakemake.wildcards.task,
            errors=snakemake.params.errors,
            no_object=snakemake.params.no_object,
            confidence=snakemake.params.confidence,
            scores=snakemake.output.scores,
            metrics=snakemake.output.metrics,
        )
