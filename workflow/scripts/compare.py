"""Compare every two models of a table."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.run.joblog import job
from imeval.scoring import differences, paired
from imeval.scoring.contract import Comparisons
from imeval.scoring.metrics import Errors

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    *,
    scores: Sequence[str],
    metrics: Sequence[str],
    entries: Sequence[Sequence[str]],
    best_task_by: str | None,
    errors: Errors,
    output: str,
) -> None:
    """Write the comparisons of the shown entries."""
    shown = paired.read_correctness(scores, metrics, entries, best_task_by, errors)
    parquet.write(output, Comparisons, differences.compare(shown))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            scores=snakemake.input.scores,
            metrics=snakemake.input.metrics,
            entries=snakemake.params.entries,
            best_task_by=snakemake.params.best_task_by,
            errors=snakemake.params.errors,
            output=snakemake.output[0],
        )
