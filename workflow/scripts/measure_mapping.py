"""Measure the effect of the mapping."""

from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.run.joblog import job
from imeval.scoring import out_of_prompt
from imeval.scoring.contract import Metrics, Scores
from imeval.scoring.metrics import NoObject, judged_scores

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    *, unmapped: str, mapped: str, model: str, task: str, no_object: NoObject, confidence: float, metrics: str
) -> None:
    """Write the shares that the mapping makes correct."""
    frame = out_of_prompt.measure_mapping(
        judged_scores(parquet.read(unmapped, Scores), no_object),
        parquet.read(mapped, Scores),
        model=model,
        task=task,
        confidence=confidence,
    )
    parquet.write(metrics, Metrics, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            unmapped=snakemake.input.unmapped,
            mapped=snakemake.input.mapped,
            model=snakemake.wildcards.model,
            task=snakemake.wildcards.task,
            no_object=snakemake.params.no_object,
            confidence=snakemake.params.confidence,
            metrics=snakemake.output[0],
        )
