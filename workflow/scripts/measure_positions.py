"""Measure a task over the images that stood at some positions of their requests."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imeval.asking.contract import Responses
from imeval.base import parquet
from imeval.run.joblog import job
from imeval.scoring import breakdowns, metrics
from imeval.scoring.contract import Metrics, Scores

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    scores: str,
    responses: Sequence[str],
    positions: Sequence[int],
    measures: str,
    model: str,
    task: str,
    errors: metrics.Errors,
    confidence: float,
) -> None:
    """Read scores and the responses that tell the positions, write accuracies."""
    frame = breakdowns.measure_positions(
        parquet.read(scores, Scores),
        parquet.read_all(responses, Responses),
        positions,
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
            snakemake.input.responses,
            snakemake.params.positions,
            snakemake.output[0],
            snakemake.wildcards.model,
            snakemake.wildcards.task,
            snakemake.params.errors,
            snakemake.params.confidence,
        )
