"""Compare the accuracies of a table on the same images."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl
from imeval.asking.contract import Responses
from imeval.base import parquet
from imeval.run.joblog import job
from imeval.scoring import paired, parts
from imeval.scoring.bootstrap_intervals import measure_intervals
from imeval.scoring.contract import Differences, Intervals, Metrics, Ranks
from imeval.scoring.differences import Pair, compare, pairs_between, pairs_of
from imeval.scoring.metrics import Errors, NoObject
from imeval.scoring.ranks import bootstrap_ranks
from imeval.scoring.resampling import RowDraws, Sampling, draw_rows

if TYPE_CHECKING:
    from snakemake.script import snakemake


@dataclass(frozen=True)
class Inputs:
    """The input files.

    `beside` has the scores and labels of a second image set, `others` the scores under other label sets, `responses`
    the responses with positions, by model.
    """

    scores: Sequence[str]
    metrics: Sequence[str]
    labels: str
    beside: tuple[Sequence[str], str] | None
    others: Mapping[str, Sequence[str]]
    responses: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Settings:
    """How the rows of a table are compared."""

    entries: Sequence[Sequence[str]]
    label_set: str
    label_set_beside: str
    positions: Sequence[int]
    best_tasks: bool
    best_task_by: str
    errors: Errors
    no_object: NoObject
    sampling: Sampling
    confidence: float


def main(*, inputs: Inputs, settings: Settings, differences: str, intervals: str, ranks: str) -> None:
    """Write a table's differences, intervals and ranks from the same draws.

    With `best_tasks` each model is compared by its best task, which every draw chooses anew.
    """
    found = _read(inputs.scores, inputs.labels, settings)
    best_task_by = settings.best_task_by if settings.best_tasks else None
    rows = paired.shown(settings.entries, parquet.read_all(inputs.metrics, Metrics), best_task_by)
    drawn = draw_rows(found, rows, settings.sampling, settings.best_task_by)
    pairs = [*pairs_of(drawn, settings.label_set), *_at_positions(drawn, inputs, settings)]
    pairs += _between_label_sets(drawn, inputs, settings)
    measured = [measure_intervals(drawn, settings.best_task_by, settings.confidence)]
    if inputs.beside:
        beside = draw_rows(_read(*inputs.beside, settings), rows, settings.sampling, settings.best_task_by)
        pairs += pairs_of(beside, settings.label_set_beside, "beside")
        measured.append(measure_intervals(beside, settings.best_task_by, settings.confidence, "beside"))
    parquet.write(differences, Differences, compare(pairs, settings.confidence))
    parquet.write(intervals, Intervals, pl.concat(measured))
    parquet.write(ranks, Ranks, bootstrap_ranks(drawn, settings.confidence))


def _read(scores: Sequence[str], labels: str, settings: Settings) -> paired.Correctness:
    return paired.read_correctness(scores, labels, settings.entries, settings.errors, no_object=settings.no_object)


def _at_positions(drawn: RowDraws, inputs: Inputs, settings: Settings) -> Iterator[Pair]:
    positions = {
        model: parquet.read_all(paths, Responses).filter(pl.col("run") == 0).select("image_id", "position")
        for model, paths in inputs.responses.items()
    }
    for part in parts.at_positions(drawn.found, drawn.rows, positions, settings.positions):
        there = draw_rows(part.found, part.rows, settings.sampling, settings.best_task_by)
        yield from pairs_of(there, settings.label_set, part.images)


def _between_label_sets(drawn: RowDraws, inputs: Inputs, settings: Settings) -> Iterator[Pair]:
    # Each row is of the task that the table shows: which task is the best is a matter of one label set.
    rows = [replace(row, places=(row.place,)) for row in drawn.rows]
    for name, scores in inputs.others.items():
        both = parts.under_both(drawn.found, _read(scores, inputs.labels, settings))
        # The seed is the same, and so are the draws.
        own, other = (draw_rows(found, rows, settings.sampling, settings.best_task_by) for found in both)
        yield from pairs_between(own, other, settings.label_set, name)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        models = list(dict.fromkeys(model for model, _ in snakemake.params.entries))
        main(
            inputs=Inputs(
                scores=snakemake.input.scores,
                metrics=snakemake.input.metrics,
                labels=snakemake.input.labels,
                beside=(snakemake.input.scores_beside, snakemake.input.labels_beside)
                if snakemake.params.label_set_beside
                else None,
                others={name: snakemake.input[f"scores_under_{name}"] for name in snakemake.params.others},
                responses={
                    model: snakemake.input[f"responses_{place}"]
                    for place, model in enumerate(models)
                    if snakemake.params.positions
                },
            ),
            settings=Settings(
                entries=snakemake.params.entries,
                label_set=snakemake.params.label_set,
                label_set_beside=snakemake.params.label_set_beside,
                positions=snakemake.params.positions,
                best_tasks=snakemake.params.best_tasks,
                best_task_by=snakemake.params.best_task_by,
                errors=snakemake.params.errors,
                no_object=snakemake.params.no_object,
                sampling=Sampling(**snakemake.params.sampling),
                confidence=snakemake.params.confidence,
            ),
            differences=snakemake.output.differences,
            intervals=snakemake.output.intervals,
            ranks=snakemake.output.ranks,
        )
