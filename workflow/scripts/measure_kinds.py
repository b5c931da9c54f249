"""Measure the kinds of out-of-prompt answers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.labels import class_lists
from imeval.labels.classes import class_names
from imeval.mapping.contract import Predictions
from imeval.run.joblog import job
from imeval.scoring import out_of_prompt
from imeval.scoring.contract import Metrics

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    *, predictions: str, class_list: Sequence[str], model: str, task: str, confidence: float, metrics: str
) -> None:
    """Write the shares of the kinds."""
    names = class_lists.of_job(class_list).names
    frame = out_of_prompt.measure_kinds(
        parquet.read(predictions, Predictions),
        names,
        # Only ImageNet's classes have names of CLIP.
        names if class_list else class_names("openai"),
        model=model,
        task=task,
        confidence=confidence,
    )
    parquet.write(metrics, Metrics, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            predictions=snakemake.input.predictions,
            class_list=snakemake.input.class_list,
            model=snakemake.wildcards.model,
            task=snakemake.wildcards.task,
            confidence=snakemake.params.confidence,
            metrics=snakemake.output[0],
        )
