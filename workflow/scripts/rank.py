"""Find intervals of the ranks of Table 3."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.run.joblog import job
from imeval.scoring import paired, ranks
from imeval.scoring.contract import Ranks
from imeval.scoring.metrics import Errors

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    *,
    scores: Sequence[str],
    metrics: Sequence[str],
    entries: Sequence[Sequence[str]],
    best_task_by: str,
    errors: Errors,
    resamples: int,
    seed: int,
    confidence: float,
    output: str,
) -> None:
    """Write the intervals of the ranks.

    Each model is ranked by its best task.
    """
    shown = paired.read_correctness(scores, metrics, entries, best_task_by, errors)
    parquet.write(output, Ranks, ranks.bootstrap_ranks(shown, resamples, seed, confidence))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            scores=snakemake.input.scores,
            metrics=snakemake.input.metrics,
            entries=snakemake.params.entries,
            best_task_by=snakemake.params.best_task_by,
            errors=snakemake.params.errors,
            resamples=snakemake.params.resamples,
            seed=snakemake.params.seed,
            confidence=snakemake.params.confidence,
            output=snakemake.output[0],
        )
