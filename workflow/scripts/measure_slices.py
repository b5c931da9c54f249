"""Measure a model on each slice of the images."""

from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.labels.slices import Slices
from imeval.run.joblog import job
from imeval.scoring.contract import Scores, SlicedMetrics
from imeval.scoring.metrics import Errors, NoObject
from imeval.scoring.slices import measure_slices

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    *,
    scores: str,
    slices: str,
    model: str,
    task: str,
    errors: Errors,
    no_object: NoObject,
    confidence: float,
    metrics: str,
) -> None:
    """Write the metrics of a task in every slice."""
    frame = measure_slices(
        parquet.read(scores, Scores),
        parquet.read(slices, Slices),
        model=model,
        task=task,
        errors=errors,
        no_object=no_object,
        confidence=confidence,
    )
    parquet.write(metrics, SlicedMetrics, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            scores=snakemake.input.scores,
            slices=snakemake.input.slices,
            model=snakemake.wildcards.model,
            task=snakemake.wildcards.task,
            errors=snakemake.params.errors,
            no_object=snakemake.params.no_object,
            confidence=snakemake.params.confidence,
            metrics=snakemake.output[0],
        )
