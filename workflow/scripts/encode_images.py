"""Embed one shard of photographs with an image encoder."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from imeval import models
from imeval.base import parquet
from imeval.base.progress import images_of, rows
from imeval.fetching.packages import verify
from imeval.images.contract import Images
from imeval.models.contract import ImageEmbeddings
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


# A photograph has a tenth of a megabyte or so: small batches bound the memory.
PHOTOGRAPHS_AT_ONCE = 64
COUNTED_AT_ONCE = 4


def main(images: str, downloads: Sequence[str], backend: str, settings: Mapping[str, Any], embedded: str) -> None:
    """Load the encoder, stream the shard's photographs through it, write one embedding an image."""
    verify(downloads)
    module = models.backend(backend)
    encoder = module.load(module.Settings(**settings))
    frames = parquet.read_batches(images, Images, PHOTOGRAPHS_AT_ONCE)
    counted = images_of(frames, rows([images]), COUNTED_AT_ONCE)
    parquet.write_batches(embedded, ImageEmbeddings, encoder.embed_images(counted))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject, snakemake.params.encoder):
        main(
            snakemake.input.images,
            snakemake.input.downloads,
            snakemake.params.backend,
            snakemake.params.encoder,
            snakemake.output[0],
        )
