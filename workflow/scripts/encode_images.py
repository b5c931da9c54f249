"""Embed one shard of images."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from imeval.base import parquet
from imeval.fetching.packages import verify
from imeval.images import photographs
from imeval.models import weights
from imeval.models.contract import ImageEmbeddings
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(*, images: str, downloads: Sequence[str], backend: str, settings: Mapping[str, Any], output: str) -> None:
    """Write an embedding for every image."""
    verify(downloads)
    encoder = weights.load_once(backend, settings)
    parquet.write_batches(output, ImageEmbeddings, encoder.embed_images(photographs.counted(images)))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject, snakemake.params.encoder):
        main(
            images=snakemake.input.images,
            downloads=snakemake.input.downloads,
            backend=snakemake.params.backend,
            settings=snakemake.params.encoder,
            output=snakemake.output[0],
        )
