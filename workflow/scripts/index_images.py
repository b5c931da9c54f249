"""Index the images that are evaluated."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.images import sets
from imeval.images.contract import ImageIndex, ImageListing, Images
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(*, image_set: str, listing: str, shards: Sequence[str], output: str) -> None:
    """Write the index of an image set.

    Broken pictures are not in it where they are skipped.

    Args:
        image_set: its name, for error messages.
        listing: the ImageListing file.
        shards: the Images files where broken pictures are skipped, else none.
        output: the ImageIndex file.
    """
    whole = parquet.read_all(shards, Images, ["image_id"])["image_id"] if shards else None
    listed = parquet.read(listing, ImageListing)
    parquet.write(output, ImageIndex, sets.index(f"image set '{image_set}'", listed, whole))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            image_set=snakemake.wildcards.image_set,
            listing=snakemake.input.listing,
            shards=snakemake.input.shards,
            output=snakemake.output[0],
        )
