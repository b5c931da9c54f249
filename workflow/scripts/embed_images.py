"""Embed images in the space of the class names by ConSE."""

from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.models.contract import ClassEmbeddings, ImageEmbeddings, Outputs
from imeval.models.vision import conse
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(outputs: str, classes: str, top: int, embedded: str) -> None:
    """Read a classifier's outputs and the class embeddings, write one embedding an image."""
    frame = conse.embed(
        conse.Settings(top),
        parquet.read(outputs, Outputs),
        parquet.read(classes, ClassEmbeddings),
    )
    parquet.write(embedded, ImageEmbeddings, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(snakemake.input.outputs, snakemake.input.classes, snakemake.params.top, snakemake.output[0])
