"""Read the boxes of a label set."""

from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.images.contract import ImageIndex
from imeval.labels.boxes import Boxes
from imeval.labels.released import read_boxes
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(*, index: str, path: str, output: str) -> None:
    """Write the boxes of every selected image."""
    images = parquet.read(index, ImageIndex)
    boxes = read_boxes(path, images["image_id"])
    parquet.write(output, Boxes, boxes.join(images.filter("selected"), on="image_id", how="semi"))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(index=snakemake.input.index, path=snakemake.input.source, output=snakemake.output[0])
