"""Tell which images of an image set are evaluated: the selected ones, but for broken pictures that are skipped."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imeval import image_sets, schemas
from imeval.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(name: str, listing: str, shards: Sequence[str], index: str) -> None:
    """Read the listing and, where broken pictures are skipped, the ids of the extracted ones; write the index."""
    whole = schemas.read_all(shards, schemas.Images, ["image_id"])["image_id"] if shards else None
    listed = schemas.read(listing, schemas.ImageListing)
    schemas.write(index, schemas.ImageIndex, image_sets.index(f"image set '{name}'", listed, whole))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(snakemake.wildcards.image_set, snakemake.input.listing, snakemake.input.shards, snakemake.output[0])
