"""Take a shard's photographs that people review."""

from typing import TYPE_CHECKING

import polars as pl
from imeval.annotation.contract import Disputes
from imeval.base import parquet
from imeval.images import photographs
from imeval.images.contract import Images
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(*, images: str, disputes: str, output: str) -> None:
    """Write a shard's photographs under review."""
    disputed = pl.col("image_id").is_in(parquet.read(disputes, Disputes, ["image_id"])["image_id"].to_list())
    found = [frame.filter(disputed) for frame in photographs.read(images)]
    parquet.write(output, Images, pl.concat([Images.create_empty(), *found]))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(images=snakemake.input.images, disputes=snakemake.input.disputes, output=snakemake.output[0])
