"""Compare the errors of the models of Table 3."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.labels.contract import Labels
from imeval.run.joblog import job
from imeval.scoring import agreement, paired
from imeval.scoring.contract import Agreement, Metrics, Scores

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    *,
    scores: Sequence[str],
    metrics: Sequence[str],
    labels: str,
    entries: Sequence[Sequence[str]],
    best_task_by: str,
    output: str,
) -> None:
    """Write the agreement of every two models.

    Each model is taken by its best task.

    Args:
        scores: Scores files, one an entry.
        metrics: Metrics files, one an entry.
        labels: the Labels file.
        entries: models and tasks, in the order of the table.
        best_task_by: the label set by which the best task of a model is chosen.
        output: the Agreement file.
    """
    shown = paired.shown(entries, parquet.read_all(metrics, Metrics), best_task_by)
    frames = {row.entry[0]: parquet.read(scores[row.place], Scores) for row in shown}
    parquet.write(output, Agreement, agreement.agree(frames, parquet.read(labels, Labels)))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            scores=snakemake.input.scores,
            metrics=snakemake.input.metrics,
            labels=snakemake.input.labels,
            entries=snakemake.params.entries,
            best_task_by=snakemake.params.best_task_by,
            output=snakemake.output[0],
        )
