"""Find the class names that are nearest to each image."""

from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.models.contract import ClassEmbeddings, ImageEmbeddings, Outputs
from imeval.models.vision.zero_shot import zero_shot
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(*, images: str, class_embeddings: str, count: int, output: str) -> None:
    """Write the nearest classes of a shard's images, the nearest first."""
    frame = zero_shot(parquet.read(images, ImageEmbeddings), parquet.read(class_embeddings, ClassEmbeddings), count)
    parquet.write(output, Outputs, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            images=snakemake.input.images,
            class_embeddings=snakemake.input.classes,
            count=int(snakemake.wildcards.names),
            output=snakemake.output[0],
        )
