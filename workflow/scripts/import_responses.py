"""Import a user's file of answers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imeval.asking.contract import Responses
from imeval.base import parquet
from imeval.images.contract import ImageIndex
from imeval.mapping.imported import imported_responses
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(*, file: str, index: str, thought_tags: Sequence[str], responses: str) -> None:
    """Write the responses of every selected image."""
    frame = imported_responses(file, parquet.read(index, ImageIndex), thought_tags)
    parquet.write(responses, Responses, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            file=snakemake.input.file,
            index=snakemake.input.index,
            thought_tags=snakemake.params.thought_tags,
            responses=snakemake.output[0],
        )
