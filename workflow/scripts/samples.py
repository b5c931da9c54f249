"""Write what each model made of each image, for programs of others."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import polars as pl
from imeval.base import parquet
from imeval.labels import class_lists
from imeval.labels.classes import renamed
from imeval.labels.contract import Labels
from imeval.mapping.contract import Predictions
from imeval.run.joblog import job
from imeval.scoring.contract import Samples, Scores
from imeval.scoring.samples import samples, write_csv

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    *,
    predictions: Sequence[str],
    scores: Sequence[str],
    labels: str,
    entries: Sequence[Sequence[str]],
    class_list: Sequence[str],
    names: Mapping[str, str],
    table: str,
    csv: str,
) -> None:
    """Write the samples of all models and tasks, as Parquet and CSV.

    Args:
        predictions: a file for each entry.
        scores: a file for each entry.
        labels: the labels of the run.
        entries: the models and tasks, in the order of their names.
        class_list: the class list of the images, as in `class_lists.of_job`.
        names: the class names that the image set replaces, by class id.
        table: the Parquet file to write.
        csv: the CSV file to write.
    """
    listed, known = parquet.read(labels, Labels), renamed(class_lists.of_job(class_list).names, names)

    def frames() -> Iterator[pl.DataFrame]:
        for (model, task), predicted, scored in zip(entries, predictions, scores, strict=True):
            both = parquet.read(predicted, Predictions), parquet.read(scored, Scores)
            yield samples(*both, listed, known, model, task)

    parquet.write_batches(table, Samples, frames())
    write_csv(table, csv)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            predictions=snakemake.input.predictions,
            scores=snakemake.input.scores,
            labels=snakemake.input.labels,
            entries=snakemake.params.entries,
            class_list=snakemake.input.class_list,
            names=snakemake.params.names,
            table=snakemake.output.table,
            csv=snakemake.output.csv,
        )
