"""Compare every two models of a table on the same images."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imeval import comparisons, metrics, schemas
from imeval.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    scores: Sequence[str],
    measures: Sequence[str],
    entries: Sequence[Sequence[str]],
    best_task_by: str | None,
    errors: metrics.Errors,
    compared: str,
) -> None:
    """Read the scores of the table's entries, or of each model's best task alone, write the comparisons."""
    shown = comparisons.shown(entries, schemas.read_all(measures, schemas.Metrics), best_task_by)
    frames = {entry: schemas.read(scores[place], schemas.Scores) for place, entry in shown.items()}
    schemas.write(compared, schemas.Comparisons, comparisons.compare(comparisons.correctness(frames, errors)))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            snakemake.input.scores,
            snakemake.input.metrics,
            snakemake.params.entries,
            snakemake.params.best_task_by,
            snakemake.params.errors,
            snakemake.output[0],
        )
