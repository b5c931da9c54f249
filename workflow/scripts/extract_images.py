"""Extract one shard of images from their source."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imeval.base import parquet, shards
from imeval.base.progress import images_counted
from imeval.fetching.packages import verify
from imeval.images import extraction, sources
from imeval.images.border import without_border
from imeval.images.contract import ImageListing
from imeval.images.places import Place
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    *,
    listing: str,
    source: Mapping[str, Any],
    downloads: Sequence[str],
    shard: str,
    on_broken: extraction.OnBroken,
    output: str,
) -> None:
    """Write the images of a shard, each verified."""
    verify(downloads)
    rows = extraction.shard_rows(parquet.read(listing, ImageListing), *shards.place(shard))
    places = extraction.places(rows)
    border = source.get("border", 0)
    with sources.reading(sources.source_of(source), places, Path(output).parent) as read:

        def cut(place: Place) -> bytes:
            return without_border(read(place), place.description, border) if border else read(place)

        frames = extraction.extract(cut, rows, on_broken)
        extraction.write_images(output, images_counted(frames, len(rows)))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            listing=snakemake.input.listing,
            source=snakemake.params.source,
            downloads=snakemake.input.downloads,
            shard=snakemake.wildcards.shard,
            on_broken=snakemake.params.on_broken,
            output=snakemake.output[0],
        )
