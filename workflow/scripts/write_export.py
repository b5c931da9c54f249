"""Export what each model made of each image as a data set."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imeval.base.files import replacing_folder
from imeval.export import dataset
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(*, samples: str, shards: Sequence[str], title: str, folder: str) -> None:
    """Write the folder of the data set, which appears when complete."""
    with replacing_folder(folder) as partial:
        dataset.export(samples, shards, title, partial)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            samples=snakemake.input.samples,
            shards=snakemake.input.shards,
            title=snakemake.params.subject,
            folder=snakemake.output[0],
        )
