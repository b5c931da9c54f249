"""Take each image's original label for a prediction."""

from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.images.contract import ImageIndex
from imeval.mapping.contract import Predictions
from imeval.mapping.outputs import predictions_from_original_labels
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(index: str, predictions: str) -> None:
    """Read the index, write predictions."""
    frame = predictions_from_original_labels(parquet.read(index, ImageIndex))
    parquet.write(predictions, Predictions, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(snakemake.input[0], snakemake.output[0])
