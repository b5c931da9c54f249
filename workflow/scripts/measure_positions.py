"""Measure a task over the images that stood at some positions of their requests."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imeval import metrics, schemas, subsets
from imeval.joblog import job

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
    frame = subsets.measure_positions(
        schemas.read(scores, schemas.Scores),
        schemas.read_all(responses, schemas.Responses),
        positions,
        model,
        task,
        errors,
        confidence,
    )
    schemas.write(measures, schemas.Metrics, frame)


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
