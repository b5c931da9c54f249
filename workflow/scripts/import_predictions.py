"""Read a user's file of predicted classes as predictions."""

from typing import TYPE_CHECKING

from imeval import imported, schemas
from imeval.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(file: str, index: str, predictions: str) -> None:
    """Read the user's file and the index, write predictions of every selected image."""
    frame = imported.imported_predictions(file, schemas.read(index, schemas.ImageIndex))
    schemas.write(predictions, schemas.Predictions, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(snakemake.input.file, snakemake.input.index, snakemake.output[0])
