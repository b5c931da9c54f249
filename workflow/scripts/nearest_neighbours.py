"""Classify images by a vote of their nearest images in a gallery."""

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


def main(images: str, gallery: Sequence[str], index: str, settings: nearest_neighbours.Settings, outputs: str) -> None:
    """Read the shard's embeddings and, a shard at a time, the gallery's; write the outputs."""
    frame = nearest_neighbours.classify(
        settings,
        parquet.read(images, ImageEmbeddings),
        (parquet.read(shard, ImageEmbeddings) for shard in each(gallery, "shards of the gallery")),
        parquet.read(index, ImageIndex, ["image_id", "imgt"]),
    )
    parquet.write(outputs, Outputs, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject, snakemake.params.vote):
        main(
            snakemake.input.images,
            snakemake.input.gallery,
            snakemake.input.index,
            nearest_neighbours.Settings(**snakemake.params.vote),
            snakemake.output[0],
        )
