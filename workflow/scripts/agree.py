"""Compare how the models of Table 3 err."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.labels.contract import Labels
from imeval.run.joblog import job
from imeval.scoring import agreement, correctness
from imeval.scoring.contract import Agreement, Metrics, Scores

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
    shown = correctness.shown(entries, parquet.read_all(measures, Metrics), best_task_by)
    frames = {model: parquet.read(scores[place], Scores) for place, (model, _) in shown.items()}
    parquet.write(agreed, Agreement, agreement.agree(frames, parquet.read(labels, Labels)))


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
