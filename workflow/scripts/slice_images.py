"""Put the images of an image set into slices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl
from imeval.base import parquet
from imeval.labels import class_lists
from imeval.labels.attributes import OF_BOXES
from imeval.labels.boxes import Boxes
from imeval.labels.contract import Labels
from imeval.labels.equivalence import read_equivalence
from imeval.labels.facts import facts_of_boxes, facts_of_labels
from imeval.labels.slices import Slices, Slicing, read_values, slice_images
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


@dataclass(frozen=True)
class Inputs:
    """The files behind the values of images."""

    labels: str
    class_list: Sequence[str]
    equivalence: str
    boxes: str | None = None
    table: str | None = None


def main(*, name: str, settings: Mapping[str, Any], inputs: Inputs, output: str) -> None:
    """Write the slice of every selected image."""
    slicing = Slicing(**{key: settings[key] for key in ("column", "edges", "most") if key in settings})
    values = _values(slicing.column, inputs)
    parquet.write(output, Slices, slice_images(inputs.table or f"slices.{name}", values, slicing))


def _values(column: str, inputs: Inputs) -> pl.DataFrame:
    labels = parquet.read(inputs.labels, Labels)
    if inputs.table:
        return read_values(inputs.table, column, labels["image_id"])
    if inputs.boxes and column in OF_BOXES:
        return facts_of_boxes(labels["image_id"], parquet.read(inputs.boxes, Boxes))
    listed = class_lists.of_job(inputs.class_list)
    return facts_of_labels(labels, listed.groups if inputs.class_list else read_equivalence(inputs.equivalence))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            name=snakemake.wildcards.slices,
            settings=snakemake.params.settings,
            inputs=Inputs(
                labels=snakemake.input.labels,
                class_list=snakemake.input.class_list,
                equivalence=snakemake.input.equivalence,
                boxes=snakemake.input.get("boxes"),
                table=snakemake.input.get("table"),
            ),
            output=snakemake.output[0],
        )
