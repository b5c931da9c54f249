"""Select the images that people review."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from imeval.annotation import disputes
from imeval.annotation.contract import Disputes
from imeval.base import parquet
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
    confident_of: str | None,
    output: str,
) -> None:
    """Write the images.

    Args:
        labels: the labels under review.
        predictions: the predictions of each model.
        outputs: the outputs of each model that has any.
        selection: which images are reviewed.
        confident_of: the model whose outputs confident learning takes, if any.
        output: the file to write.
    """
    predicted = {model: parquet.read(path, Predictions) for model, path in predictions.items()}
    ranked = {model: parquet.read_all(paths, Outputs) for model, paths in outputs.items()}
    frame = disputes.disputes(parquet.read(labels, Labels), predicted, ranked, selection, confident_of=confident_of)
    parquet.write(output, Disputes, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        files = iter(snakemake.input.get("outputs", []))
        main(
            labels=snakemake.input.labels,
            predictions=dict(zip(snakemake.params.models, snakemake.input.predictions, strict=True)),
            outputs={model: [next(files) for _ in range(count)] for model, count in snakemake.params.ranked},
            selection=disputes.Selection(**snakemake.params.selection),
            confident_of=snakemake.params.confident_of,
            output=snakemake.output[0],
        )
