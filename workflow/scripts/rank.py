"""Find how sure the ranks of Table 3 are."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.run.joblog import job
from imeval.scoring import correctness, metrics
from imeval.scoring.contract import Ranks
from imeval.scoring.ranks import bootstrap_ranks

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    scores: Sequence[str],
    measures: Sequence[str],
    entries: Sequence[Sequence[str]],
    best_task_by: str,
    errors: metrics.Errors,
    resamples: int,
    seed: int,
    confidence: float,
    ranks: str,
) -> None:
    """Read the scores of each model's best task, write the intervals of their ranks."""
    found = correctness.read_correctness(scores, measures, entries, best_task_by, errors)
    parquet.write(ranks, Ranks, bootstrap_ranks(found, resamples, seed, confidence))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            snakemake.input.scores,
            snakemake.input.metrics,
            snakemake.params.entries,
            snakemake.params.best_task_by,
            snakemake.params.errors,
            snakemake.params.resamples,
            snakemake.params.seed,
            snakemake.params.confidence,
            snakemake.output[0],
        )
