"""Crop images by their boxes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.images.contract import Images
from imeval.images.crops import Take, write_crops
from imeval.labels.boxes import Boxes
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

_AT_ONCE = 64


def main(*, shards: Sequence[str], boxes: str, take: Take, archive: str, labels: str) -> None:
    """Write the crops of every image, and their labels."""
    pictures = (
        row
        for shard in shards
        for frame in parquet.read_batches(shard, Images, _AT_ONCE)
        for row in frame.select("image_id", "data").iter_rows()
    )
    write_crops(pictures, parquet.read(boxes, Boxes), take, archive, labels)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            shards=snakemake.input.shards,
            boxes=snakemake.input.boxes,
            take=snakemake.wildcards.take,
            archive=snakemake.output.archive,
            labels=snakemake.output.labels,
        )
