"""Import a user's file of answers."""

from typing import TYPE_CHECKING

from imeval.asking.contract import Responses
from imeval.base import parquet
from imeval.images.contract import ImageIndex
from imeval.mapping.imported import imported_responses
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(*, file: str, index: str, responses: str) -> None:
    """Write the responses of every selected image."""
    parquet.write(responses, Responses, imported_responses(file, parquet.read(index, ImageIndex)))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(file=snakemake.input.file, index=snakemake.input.index, responses=snakemake.output[0])
