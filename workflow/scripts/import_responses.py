"""Read a user's file of answers as responses."""

from typing import TYPE_CHECKING

from imeval.asking.contract import Responses
from imeval.base import parquet
from imeval.images.contract import ImageIndex
from imeval.mapping import imported
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(file: str, index: str, responses: str) -> None:
    """Read the user's file and the index, write responses of every selected image."""
    frame = imported.imported_responses(file, parquet.read(index, ImageIndex))
    parquet.write(responses, Responses, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(snakemake.input.file, snakemake.input.index, snakemake.output[0])
