"""Compare how the models of Table 3 err."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imeval import agreement, comparisons, schemas
from imeval.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    scores: Sequence[str],
    measures: Sequence[str],
    labels: str,
    entries: Sequence[Sequence[str]],
    best_task_by: str,
    agreed: str,
) -> None:
    """Read the scores of each model's best task and the labels, write the agreement."""
    shown = comparisons.shown(entries, schemas.read_all(measures, schemas.Metrics), best_task_by)
    frames = {model: schemas.read(scores[place], schemas.Scores) for place, (model, _) in shown.items()}
    schemas.write(agreed, schemas.Agreement, agreement.agree(frames, schemas.read(labels, schemas.Labels)))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            snakemake.input.scores,
            snakemake.input.metrics,
            snakemake.input.labels,
            snakemake.params.entries,
            snakemake.params.best_task_by,
            snakemake.output[0],
        )
