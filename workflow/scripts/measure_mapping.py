"""Measure how many out-of-prompt answers the mapping makes correct."""

from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.run.joblog import job
from imeval.scoring import out_of_prompt
from imeval.scoring.contract import Metrics, Scores

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(unmapped: str, mapped: str, measures: str, model: str, task: str, confidence: float) -> None:
    """Read the scores of both tasks, write the shares that the mapping mends."""
    frame = out_of_prompt.measure_mapping(
        parquet.read(unmapped, Scores), parquet.read(mapped, Scores), model=model, task=task, confidence=confidence
    )
    parquet.write(measures, Metrics, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            snakemake.input.unmapped,
            snakemake.input.mapped,
            snakemake.output[0],
            snakemake.wildcards.model,
            snakemake.wildcards.task,
            snakemake.params.confidence,
        )
