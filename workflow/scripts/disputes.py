"""Select the images that people review."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl
from imeval.annotation import disputes
from imeval.annotation.contract import Disputes, Proposals
from imeval.annotation.listed import listed_classes
from imeval.annotation.proposals import proposals
from imeval.asking.contract import Responses
from imeval.base import parquet
from imeval.labels import class_lists
from imeval.labels.classes import renamed
from imeval.labels.contract import Labels
from imeval.mapping.contract import Predictions
from imeval.models.contract import Outputs
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


@dataclass(frozen=True)
class Listing:
    """A source's responses, and the tags around its thoughts."""

    responses: Sequence[str]
    thought_tags: Sequence[str]

    def classes(self, count: int) -> pl.DataFrame:
        """Return the classes that are listed for each image, of so many."""
        return listed_classes(parquet.read_all(self.responses, Responses), count, self.thought_tags)


def main(
    *,
    labels: str,
    predictions: Mapping[str, str],
    outputs: Mapping[str, Sequence[str]],
    listed: Mapping[str, Listing],
    selection: disputes.Selection,
    sources: Sequence[str],
    confident_of: str | None,
    class_list: Sequence[str],
    names: Mapping[str, str],
    output: Mapping[str, str],
) -> None:
    """Write the images, as Parquet and CSV, and the proposals.

    Args:
        labels: the labels under review.
        predictions: the predictions of each model.
        outputs: the outputs of each model that has any.
        listed: the responses of models that list all labels of an image, by source.
        selection: which images are reviewed.
        sources: the sources of proposals.
        confident_of: the model whose outputs confident learning takes, if any.
        class_list: the class list of the images, as in `class_lists.of_job`.
        names: the class names that the image set replaces, by class id.
        output: the files to write: table, csv and proposals.
    """
    predicted = {model: parquet.read(path, Predictions) for model, path in predictions.items()}
    ranked = {model: parquet.read_all(paths, Outputs) for model, paths in outputs.items()}
    frame = disputes.disputes(parquet.read(labels, Labels), predicted, ranked, selection, confident_of=confident_of)
    parquet.write(output["table"], Disputes, frame)
    known = renamed(class_lists.of_job(class_list).names, names)
    answers = {source: one.classes(len(known)) for source, one in listed.items()}
    parquet.write(output["proposals"], Proposals, proposals(frame, predicted, sources, answers))
    disputes.write_csv(frame, known, output["csv"])


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        files, responses = iter(snakemake.input.get("outputs", [])), iter(snakemake.input.get("responses", []))
        main(
            labels=snakemake.input.labels,
            predictions=dict(zip(snakemake.params.models, snakemake.input.predictions, strict=True)),
            outputs={model: [next(files) for _ in range(count)] for model, count in snakemake.params.ranked},
            listed={
                source: Listing([next(responses) for _ in range(count)], tags)
                for source, count, tags in snakemake.params.listed
            },
            selection=disputes.Selection(**snakemake.params.selection),
            sources=snakemake.params.sources,
            confident_of=snakemake.params.confident_of,
            class_list=snakemake.input.class_list,
            names=snakemake.params.names,
            output=dict(snakemake.output.items()),
        )
