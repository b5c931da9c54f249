"""Label the images of an image set."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from imeval.base import parquet
from imeval.images.contract import ImageIndex
from imeval.labels import categories, class_lists, files
from imeval.labels.agreement import agreement_key
from imeval.labels.contract import Labels
from imeval.labels.equivalence import read_equivalence
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    *,
    name: str,
    label_set: Mapping[str, Any],
    index: str,
    class_list: Sequence[str],
    equivalence: str,
    equivalent: categories.Equivalent,
    output: str,
) -> None:
    """Write labels and category of every selected image.

    The equivalent classes of a class list are its own groups.
    """
    images, listed = parquet.read(index, ImageIndex), class_lists.of_job(class_list)
    frame = categories.label(
        label_set.get("path", f"label set '{name}'"),
        images,
        files.read_label_set(label_set, images, listed.ids),
        listed.groups if class_list else read_equivalence(equivalence),
        equivalent,
        agreement_key=agreement_key("label_sets", name, label_set),
    )
    parquet.write(output, Labels, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            name=snakemake.wildcards.labels,
            label_set=snakemake.params.label_set,
            index=snakemake.input.index,
            class_list=snakemake.input.class_list,
            equivalence=snakemake.input.equivalence,
            equivalent=snakemake.params.equivalent,
            output=snakemake.output[0],
        )
