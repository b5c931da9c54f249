"""Count the confusions of a classifier."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imeval import choices, schemas
from imeval.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(outputs: Sequence[str], index: str, confused: str) -> None:
    """Read the shards' outputs and the index, write the confusion matrix."""
    frame = choices.confusions(schemas.read_all(outputs, schemas.Outputs), schemas.read(index, schemas.ImageIndex))
    schemas.write(confused, schemas.Confusions, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(snakemake.input.outputs, snakemake.input.index, snakemake.output[0])
