"""Import all classes of each prediction in a user's file."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.images.contract import ImageIndex
from imeval.labels import class_lists
from imeval.mapping.contract import Candidates
from imeval.mapping.imported import Reading, imported_candidates
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(*, file: str, index: str, class_list: Sequence[str], reading: Reading, candidates: str) -> None:
    """Write the classes of every selected image."""
    ids = class_lists.of_job(class_list).ids
    parquet.write(candidates, Candidates, imported_candidates(file, parquet.read(index, ImageIndex), ids, reading))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            file=snakemake.input.file,
            index=snakemake.input.index,
            class_list=snakemake.input.class_list,
            reading=Reading(**snakemake.params.reading),
            candidates=snakemake.output[0],
        )
