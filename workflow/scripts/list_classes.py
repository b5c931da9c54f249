"""Read a user's class list."""

from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.labels.class_lists import Synonyms, read_classes
from imeval.labels.contract import Classes
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(*, csv: str, synonyms: Synonyms, output: str) -> None:
    """Write the classes of a CSV file."""
    parquet.write(output, Classes, read_classes(csv, synonyms))


if __name__ == "__main__":
    with job(snakemake.log[0], "none, the class list alone"):
        main(csv=snakemake.input[0], synonyms=snakemake.params.synonyms, output=snakemake.output[0])
