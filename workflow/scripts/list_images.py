"""List the images of an image set."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from imeval.base import parquet
from imeval.fetching.packages import verify
from imeval.images import sets, sources
from imeval.images.contract import ImageListing
from imeval.labels import class_lists
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    *,
    name: str,
    image_set: Mapping[str, Any],
    source: Mapping[str, Any] | None,
    label_sets: Mapping[str, Mapping[str, Any]],
    class_list: Sequence[str],
    downloads: Sequence[str],
    output: str,
) -> None:
    """Write place, label and selection of each image."""
    verify(downloads)
    opened = None if source is None else sources.source_of(source)
    ids = class_lists.of_job(class_list).ids
    parquet.write(output, ImageListing, sets.read_listing(name, image_set, opened, label_sets, classes=ids))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            name=snakemake.wildcards.image_set,
            image_set=snakemake.params.image_set,
            source=snakemake.params.source,
            label_sets=snakemake.params.label_sets,
            class_list=snakemake.input.class_list,
            downloads=snakemake.input.downloads,
            output=snakemake.output[0],
        )
