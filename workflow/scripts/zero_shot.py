"""Classify images by the nearest class embeddings."""

from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.models.contract import ClassEmbeddings, ImageEmbeddings, Outputs
from imeval.models.vision.zero_shot import zero_shot
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(images: str, classes: str, outputs: str) -> None:
    """Read image and class embeddings, write the outputs."""
    frame = zero_shot(parquet.read(images, ImageEmbeddings), parquet.read(classes, ClassEmbeddings))
    parquet.write(outputs, Outputs, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(snakemake.input.images, snakemake.input.classes, snakemake.output[0])
