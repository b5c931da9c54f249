"""Measure a task by position in the request."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imeval.asking.contract import Responses
from imeval.base import parquet
from imeval.run.joblog import job
from imeval.scoring import breakdowns
from imeval.scoring.contract import Metrics, Scores
from imeval.scoring.metrics import Errors, NoObject, judged_scores

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    *,
    scores: str,
    responses: Sequence[str],
    positions: Sequence[int],
    model: str,
    task: str,
    errors: Errors,
    no_object: NoObject,
    confidence: float,
    metrics: str,
) -> None:
    """Write the accuracies at these positions."""
    frame = breakdowns.measure_positions(
        judged_scores(parquet.read(scores, Scores), no_object),
        parquet.read_all(responses, Responses),
        positions,
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
            responses=snakemake.input.responses,
            positions=snakemake.params.positions,
            model=snakemake.wildcards.model,
            task=snakemake.wildcards.task,
            errors=snakemake.params.errors,
            no_object=snakemake.params.no_object,
            confidence=snakemake.params.confidence,
            metrics=snakemake.output[0],
        )
