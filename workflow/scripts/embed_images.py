"""Embed images in the space of the class names by ConSE."""

from typing import TYPE_CHECKING

from imeval import schemas
from imeval.joblog import job
from imeval.models import conse

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(outputs: str, classes: str, top: int, embedded: str) -> None:
    """Read a classifier's outputs and the class embeddings, write one embedding an image."""
    frame = conse.embed(
        conse.Settings(top),
        schemas.read(outputs, schemas.Outputs),
        schemas.read(classes, schemas.ClassEmbeddings),
    )
    schemas.write(embedded, schemas.ImageEmbeddings, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(snakemake.input.outputs, snakemake.input.classes, snakemake.params.top, snakemake.output[0])
