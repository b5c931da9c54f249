"""Take the parents of a class list from WordNet."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.labels import class_lists, wordnet
from imeval.labels.contract import Classes
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(*, nouns: str, class_list: Sequence[str], output: str) -> None:
    """Write the classes with WordNet's parents; they are for levels alone."""
    classes = parquet.read(class_list[0], Classes) if class_list else class_lists.of_imagenet()
    parquet.write(output, Classes, wordnet.with_parents(classes, Path(nouns).parent))


if __name__ == "__main__":
    with job(snakemake.log[0], "none, the class list alone"):
        main(nouns=snakemake.input.nouns, class_list=snakemake.input.class_list, output=snakemake.output[0])
