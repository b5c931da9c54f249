"""Select the images that people review."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from imeval.annotation import disputes
from imeval.annotation.contract import Disputes, Proposals
from imeval.annotation.proposals import proposals
from imeval.base import parquet
from imeval.labels import class_lists
from imeval.labels.classes import renamed
from imeval.labels.contract import Labels
from imeval.mapping.contract import Predictions
from imeval.models.contract import Outputs
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    *,
    labels: str,
    predictions: Mapping[str, str],
    outputs: Mapping[str, Sequence[str]],
    selection: disputes.Selection,
    sources: Sequence[str],
    confident_of: str | None,
    class_list: Sequence[str],
    names: Mapping[str, str],
    table: str,
    csv: str,
    proposed: str,
) -> None:
    """Write the images, as Parquet and CSV, and the proposals.

    Args:
        labels: the labels under review.
        predictions: the predictions of each model.
        outputs: the outputs of each model that has any.
        selection: which images are reviewed.
        sources: the sources of proposals.
        confident_of: the model whose outputs confident learning takes, if any.
        class_list: the class list of the images, as in `class_lists.of_job`.
        names: the class names that the image set replaces, by class id.
        table: the Parquet file to write.
        csv: the CSV file to write.
        proposed: the file of the proposals to write.
    """
    predicted = {model: parquet.read(path, Predictions) for model, path in predictions.items()}
    ranked = {model: parquet.read_all(paths, Outputs) for model, paths in outputs.items()}
    frame = disputes.disputes(parquet.read(labels, Labels), predicted, ranked, selection, confident_of=confident_of)
    parquet.write(table, Disputes, frame)
    parquet.write(proposed, Proposals, proposals(frame, predicted, sources))
    disputes.write_csv(frame, renamed(class_lists.of_job(class_list).names, names), csv)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        files = iter(snakemake.input.get("outputs", []))
        main(
            labels=snakemake.input.labels,
            predictions=dict(zip(snakemake.params.models, snakemake.input.predictions, strict=True)),
            outputs={model: [next(files) for _ in range(count)] for model, count in snakemake.params.ranked},
            selection=disputes.Selection(**snakemake.params.selection),
            sources=snakemake.params.sources,
            confident_of=snakemake.params.confident_of,
            class_list=snakemake.input.class_list,
            names=snakemake.params.names,
            table=snakemake.output.table,
            csv=snakemake.output.csv,
            proposed=snakemake.output.proposals,
        )
