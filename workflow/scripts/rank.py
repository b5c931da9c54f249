"""Find intervals of the ranks of Table 3."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.run.joblog import job
from imeval.scoring import paired, ranks
from imeval.scoring.contract import Metrics, Ranks
from imeval.scoring.metrics import Errors
from imeval.scoring.resampling import Sampling

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    *,
    scores: Sequence[str],
    metrics: Sequence[str],
    labels: str,
    entries: Sequence[Sequence[str]],
    best_task_by: str,
    errors: Errors,
    sampling: Sampling,
    confidence: float,
    output: str,
) -> None:
    """Write the intervals of the ranks.

    Each model is ranked by its best task, which every draw chooses anew.
    """
    found = paired.read_correctness(scores, labels, entries, errors)
    rows = paired.shown(entries, parquet.read_all(metrics, Metrics), best_task_by)
    parquet.write(output, Ranks, ranks.bootstrap_ranks(found, rows, sampling, confidence, best_task_by))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            scores=snakemake.input.scores,
            metrics=snakemake.input.metrics,
            labels=snakemake.input.labels,
            entries=snakemake.params.entries,
            best_task_by=snakemake.params.best_task_by,
            errors=snakemake.params.errors,
            sampling=Sampling(**snakemake.params.sampling),
            confidence=snakemake.params.confidence,
            output=snakemake.output[0],
        )
