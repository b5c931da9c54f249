"""Make a new label set of an old one and people's decisions."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imeval.annotation.contract import Resolved
from imeval.annotation.resolution import revised
from imeval.base import parquet
from imeval.images.contract import ImageIndex
from imeval.labels import categories, class_lists
from imeval.labels.contract import Labels
from imeval.labels.equivalence import read_equivalence
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    *,
    name: str,
    labels: str,
    resolved: str,
    index: str,
    class_list: Sequence[str],
    equivalence: str,
    equivalent: categories.Equivalent,
    output: str,
) -> None:
    """Write the labels, after review, and category of every selected image."""
    frame = categories.label(
        f"label set '{name}'",
        parquet.read(index, ImageIndex),
        revised(parquet.read(labels, Labels), parquet.read(resolved, Resolved)),
        class_lists.of_job(class_list).groups if class_list else read_equivalence(equivalence),
        equivalent,
        # The labels before have been checked already.
        agreement_key=None,
    )
    parquet.write(output, Labels, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            name=snakemake.wildcards.labels,
            labels=snakemake.input.labels,
            resolved=snakemake.input.resolved,
            index=snakemake.input.index,
            class_list=snakemake.input.class_list,
            equivalence=snakemake.input.equivalence,
            equivalent=snakemake.params.equivalent,
            output=snakemake.output[0],
        )
