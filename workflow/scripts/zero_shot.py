"""Classify images by the nearest class embeddings."""

from typing import TYPE_CHECKING

from imeval import schemas
from imeval.joblog import job
from imeval.models.zero_shot import zero_shot

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(images: str, classes: str, outputs: str) -> None:
    """Read image and class embeddings, write the outputs."""
    frame = zero_shot(schemas.read(images, schemas.ImageEmbeddings), schemas.read(classes, schemas.ClassEmbeddings))
    schemas.write(outputs, schemas.Outputs, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(snakemake.input.images, snakemake.input.classes, snakemake.output[0])
