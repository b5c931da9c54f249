"""Lay a label set over an image set: admissible labels and categories."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from imeval.base import parquet
from imeval.images.contract import ImageIndex
from imeval.labels import categories, classes, files
from imeval.labels.contract import Labels
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    name: str,
    label_set: Mapping[str, Any],
    index: str,
    equivalence: str,
    equivalent: categories.Equivalent,
    labelled: str,
) -> None:
    """Read the index, the label set and the equivalence pairs, write the labels of every selected image."""
    frame = categories.label(
        label_set.get("path", f"label set '{name}'"),
        parquet.read(index, ImageIndex),
        files.read_label_set(label_set),
        classes.read_equivalence(equivalence),
        equivalent,
    )
    parquet.write(labelled, Labels, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            snakemake.wildcards.labels,
            snakemake.params.label_set,
            snakemake.input.index,
            snakemake.input.equivalence,
            snakemake.params.equivalent,
            snakemake.output[0],
        )
