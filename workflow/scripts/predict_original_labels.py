"""Predict the original label of each image."""

from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.images.contract import ImageIndex
from imeval.mapping import outputs
from imeval.mapping.contract import Predictions
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(*, index: str, predictions: str) -> None:
    """Write the original labels as predictions."""
    frame = outputs.predictions_from_original_labels(parquet.read(index, ImageIndex))
    parquet.write(predictions, Predictions, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(index=snakemake.input[0], predictions=snakemake.output[0])
