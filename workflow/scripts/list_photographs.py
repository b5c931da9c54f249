"""List the photographs of all shards."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.images import photographs
from imeval.images.contract import Photographs
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(*, shards: Sequence[str], output: str) -> None:
    """Write the list of an image set's photographs.

    A job that may need any of them has it as an input, instead of all shards.

    Args:
        shards: the Images files.
        output: the Photographs file, in the folder of the shards.
    """
    parquet.write(output, Photographs, photographs.listed(shards))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(shards=snakemake.input, output=snakemake.output[0])
