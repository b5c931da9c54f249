"""Tell which images of an image set are evaluated: the selected ones, but for broken pictures that are skipped."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.images import sets
from imeval.images.contract import ImageIndex, ImageListing, Images
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(name: str, listing: str, shards: Sequence[str], index: str) -> None:
    """Read the listing and, where broken pictures are skipped, the ids of the extracted ones; write the index."""
    whole = parquet.read_all(shards, Images, ["image_id"])["image_id"] if shards else None
    listed = parquet.read(listing, ImageListing)
    parquet.write(index, ImageIndex, sets.index(f"image set '{name}'", listed, whole))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(snakemake.wildcards.image_set, snakemake.input.listing, snakemake.input.shards, snakemake.output[0])
