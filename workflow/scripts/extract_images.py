"""Read one shard of pictures, each verified whole."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imeval.base import parquet, shards
from imeval.base.progress import images_of
from imeval.fetching.packages import verify
from imeval.images import extraction, sources
from imeval.images.contract import ImageListing
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    listing: str,
    source: Mapping[str, Any],
    downloads: Sequence[str],
    shard: str,
    on_broken: extraction.OnBroken,
    extracted: str,
) -> None:
    """Read the listing and the shard's pictures, write the shard; `shard` is such as 00000-of-00032."""
    verify(downloads)
    rows = extraction.shard_rows(parquet.read(listing, ImageListing), *shards.place(shard))
    places = extraction.places(rows)
    with sources.reading(sources.source_of(source), places, Path(extracted).parent) as read:
        frames = extraction.extract(read, rows, on_broken)
        extraction.write_images(extracted, images_of(frames, len(rows)))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            snakemake.input.listing,
            snakemake.params.source,
            snakemake.input.downloads,
            snakemake.wildcards.shard,
            snakemake.params.on_broken,
            snakemake.output[0],
        )
