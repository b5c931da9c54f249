"""Measure accuracy at each level of the classes' parents."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.labels import class_lists
from imeval.labels.contract import Labels
from imeval.mapping.contract import Predictions
from imeval.run.joblog import job
from imeval.scoring.contract import Metrics, Scores
from imeval.scoring.levels import measure_levels
from imeval.scoring.metrics import Errors, NoObject, judged_scores

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    *,
    scores: str,
    predictions: str,
    labels: str,
    class_list: Sequence[str],
    model: str,
    task: str,
    errors: Errors,
    no_object: NoObject,
    confidence: float,
    metrics: str,
) -> None:
    """Write the accuracy at each level."""
    frame = measure_levels(
        judged_scores(parquet.read(scores, Scores), no_object),
        parquet.read(predictions, Predictions),
        parquet.read(labels, Labels),
        class_lists.of_job(class_list),
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
            predictions=snakemake.input.predictions,
            labels=snakemake.input.labels,
            class_list=snakemake.input.class_list,
            model=snakemake.wildcards.model,
            task=snakemake.wildcards.task,
            errors=snakemake.params.errors,
            no_object=snakemake.params.no_object,
            confidence=snakemake.params.confidence,
            metrics=snakemake.output[0],
        )
