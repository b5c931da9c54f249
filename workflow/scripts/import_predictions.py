"""Read a user's file of predicted classes as predictions."""

from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.images.contract import ImageIndex
from imeval.mapping import imported
from imeval.mapping.contract import Predictions
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(file: str, index: str, predictions: str) -> None:
    """Read the user's file and the index, write predictions of every selected image."""
    frame = imported.imported_predictions(file, parquet.read(index, ImageIndex))
    parquet.write(predictions, Predictions, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(snakemake.input.file, snakemake.input.index, snakemake.output[0])
