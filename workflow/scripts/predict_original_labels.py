"""Take each image's original label for a prediction."""

from typing import TYPE_CHECKING

from imeval import mapping, schemas
from imeval.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(index: str, predictions: str) -> None:
    """Read the index, write predictions."""
    frame = mapping.predictions_from_original_labels(schemas.read(index, schemas.ImageIndex))
    schemas.write(predictions, schemas.Predictions, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(snakemake.input[0], snakemake.output[0])
