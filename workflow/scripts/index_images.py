"""List the images of an image set with their original labels."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import polars as pl
from imeval import classes, images, labels, schemas
from imeval.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(name: str, image_set: Mapping[str, Any], folder: str | None, index: str) -> None:
    """List photographs and original labels as the image set's entry says, write the index."""
    pattern = image_set.get("photographs", {}).get("pattern", "*")
    photographs = None if folder is None else images.photographs(folder, pattern)
    originals = _original_labels(image_set["original_labels"], photographs or {})
    selected = classes.read_class_list(image_set["classes"]) if "classes" in image_set else None
    frame = labels.index(f"image set '{name}'", originals, photographs, selected, image_set.get("expected"))
    schemas.write(index, schemas.ImageIndex, frame)


def _original_labels(source: Mapping[str, Any], photographs: Mapping[str, str]) -> pl.DataFrame:
    match source["kind"]:
        case "file_name":
            return labels.original_labels_from_names(photographs, source["pattern"])
        case "imagenet":
            return labels.original_labels_of_imagenet()
        case _:
            return labels.read_original_labels(source["path"], source.get("format", "csv"))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(snakemake.wildcards.image_set, snakemake.params.image_set, snakemake.params.folder, snakemake.output[0])
