"""Count the confusions of a classifier."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.choices.confusions import count_confusions
from imeval.choices.contract import Confusions
from imeval.images.contract import ImageIndex
from imeval.models.contract import Outputs
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(*, outputs: Sequence[str], index: str, confusions: str) -> None:
    """Write the confusion matrix over all shards."""
    frame = count_confusions(parquet.read_all(outputs, Outputs), parquet.read(index, ImageIndex))
    parquet.write(confusions, Confusions, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            outputs=snakemake.input.outputs,
            index=snakemake.input.index,
            confusions=snakemake.output[0],
        )
