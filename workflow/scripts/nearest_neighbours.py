"""Classify images by their nearest neighbours."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.base.progress import each
from imeval.images.contract import ImageIndex
from imeval.models.contract import ImageEmbeddings, Outputs
from imeval.models.vision import nearest_neighbours
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    *, images: Sequence[str], gallery: Sequence[str], index: str, settings: nearest_neighbours.Settings, output: str
) -> None:
    """Write the outputs of the vote.

    Args:
        images: embeddings of the images, a file for each shard.
        gallery: embeddings of the gallery, one file a shard; one is in memory at a time.
        index: the ImageIndex file of the gallery, with its labels.
        settings: how neighbours vote.
        output: the Outputs file.
    """
    frame = nearest_neighbours.classify(
        settings,
        parquet.read_all(images, ImageEmbeddings),
        (parquet.read(shard, ImageEmbeddings) for shard in each(gallery, "shards of the gallery")),
        parquet.read(index, ImageIndex, ["image_id", "imgt"]),
    )
    parquet.write(output, Outputs, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject, snakemake.params.vote):
        main(
            images=snakemake.input.images,
            gallery=snakemake.input.gallery,
            index=snakemake.input.index,
            settings=nearest_neighbours.Settings(**snakemake.params.vote),
            output=snakemake.output[0],
        )
