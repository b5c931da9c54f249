"""Read one shard of photographs, each verified whole."""

from typing import TYPE_CHECKING

from imeval import images, schemas
from imeval.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(index: str, folder: str, shard: str, extracted: str) -> None:
    """Read the index and the shard's photographs, write the shard; `shard` is such as 00000-of-00032."""
    number, shards = (int(part) for part in shard.split("-of-"))
    rows = images.shard_rows(schemas.read(index, schemas.ImageIndex), number, shards)
    schemas.write(extracted, schemas.Images, images.extract(folder, rows))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(snakemake.input.index, snakemake.params.folder, snakemake.wildcards.shard, snakemake.output[0])
