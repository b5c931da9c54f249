"""Measure what the out-of-prompt answers are."""

from typing import TYPE_CHECKING

from imeval import out_of_prompt, schemas
from imeval.classes import class_names
from imeval.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(predictions: str, measures: str, model: str, task: str, confidence: float) -> None:
    """Read predictions, write the shares of the kinds."""
    frame = out_of_prompt.measure_kinds(
        schemas.read(predictions, schemas.Predictions),
        class_names("clean"),
        class_names("openai"),
        model,
        task,
        confidence,
    )
    schemas.write(measures, schemas.Metrics, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            snakemake.input.predictions,
            snakemake.output[0],
            snakemake.wildcards.model,
            snakemake.wildcards.task,
            snakemake.params.confidence,
        )
