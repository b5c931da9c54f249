"""Compare every two models of a table on the same images."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.run.joblog import job
from imeval.scoring import correctness, differences, metrics
from imeval.scoring.contract import Comparisons

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
    found = correctness.read_correctness(scores, measures, entries, best_task_by, errors)
    parquet.write(compared, Comparisons, differences.compare(found))


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
