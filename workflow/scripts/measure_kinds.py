"""Measure what the out-of-prompt answers are."""

from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.labels.classes import class_names
from imeval.mapping.contract import Predictions
from imeval.run.joblog import job
from imeval.scoring import out_of_prompt
from imeval.scoring.contract import Metrics

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(predictions: str, measures: str, model: str, task: str, confidence: float) -> None:
    """Read predictions, write the shares of the kinds."""
    frame = out_of_prompt.measure_kinds(
        parquet.read(predictions, Predictions),
        class_names("clean"),
        class_names("openai"),
        model=model,
        task=task,
        confidence=confidence,
    )
    parquet.write(measures, Metrics, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            snakemake.input.predictions,
            snakemake.output[0],
            snakemake.wildcards.model,
            snakemake.wildcards.task,
            snakemake.params.confidence,
        )
