"""List the images of an image set: where their pictures lie, their original labels, and which are selected."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from imeval.base import parquet
from imeval.fetching.packages import verify
from imeval.images import sets, sources
from imeval.images.contract import ImageListing
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    name: str,
    image_set: Mapping[str, Any],
    source: Mapping[str, Any] | None,
    label_sets: Mapping[str, Mapping[str, Any]],
    downloads: Sequence[str],
    listing: str,
) -> None:
    """Read the source, the original labels and what the selection names, write the listing."""
    verify(downloads)
    opened = None if source is None else sources.source_of(source)
    frame = sets.read_listing(name, image_set, opened, label_sets)
    parquet.write(listing, ImageListing, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            snakemake.wildcards.image_set,
            snakemake.params.image_set,
            snakemake.params.source,
            snakemake.params.label_sets,
            snakemake.input.downloads,
            snakemake.output[0],
        )
