"""Collect proposals for the images under review."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl
from imeval.annotation.contract import Disputes, Proposals
from imeval.annotation.disputes import write_csv
from imeval.annotation.listed import listed_classes
from imeval.annotation.proposals import proposals
from imeval.asking.contract import Responses
from imeval.base import parquet
from imeval.labels import class_lists
from imeval.labels.classes import renamed
from imeval.mapping.contract import Predictions
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


@dataclass(frozen=True)
class Listing:
    """A source's responses, and the tags around its thoughts."""

    responses: Sequence[str]
    thought_tags: Sequence[str]

    def classes(self, names: Sequence[str]) -> pl.DataFrame:
        """Return the classes that are listed for each image."""
        return listed_classes(parquet.read_all(self.responses, Responses), names, self.thought_tags)


def main(
    *,
    disputes: str,
    predictions: Mapping[str, str],
    listed: Mapping[str, Listing],
    sources: Sequence[str],
    class_list: Sequence[str],
    names: Mapping[str, str],
    output: Mapping[str, str],
) -> None:
    """Write the proposals, and the images as CSV.

    Args:
        disputes: the images under review.
        predictions: the predictions of each model.
        listed: the responses of models that list all labels of an image, by source.
        sources: the sources of proposals.
        class_list: the class list of the images, as in `class_lists.of_job`.
        names: the class names that the image set replaces, by class id.
        output: the files to write: csv and proposals.
    """
    frame = parquet.read(disputes, Disputes)
    predicted = {model: parquet.read(path, Predictions) for model, path in predictions.items()}
    known = renamed(class_lists.of_job(class_list).names, names)
    answers = {source: one.classes(known) for source, one in listed.items()}
    parquet.write(output["proposals"], Proposals, proposals(frame, predicted, sources, answers))
    write_csv(frame, known, output["csv"])


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        responses = iter(snakemake.input.get("responses", []))
        main(
            disputes=snakemake.input.disputes,
            predictions=dict(zip(snakemake.params.models, snakemake.input.predictions, strict=True)),
            listed={
                source: Listing([next(responses) for _ in range(count)], tags)
                for source, count, tags in snakemake.params.listed
            },
            sources=snakemake.params.sources,
            class_list=snakemake.input.class_list,
            names=snakemake.params.names,
            output=dict(snakemake.output.items()),
        )
