"""Embed images by ConSE.

Their embeddings lie in the space of those of the class names.

"""

from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.models.contract import ClassEmbeddings, ImageEmbeddings, Outputs
from imeval.models.vision import conse
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(*, outputs: str, class_embeddings: str, top: int, output: str) -> None:
    """Write an embedding for each image.

    It is the mean of the class embeddings of the `top` best classes, weighted by their probabilities.
    """
    frame = conse.embed(
        conse.Settings(top), parquet.read(outputs, Outputs), parquet.read(class_embeddings, ClassEmbeddings)
    )
    parquet.write(output, ImageEmbeddings, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            outputs=snakemake.input.outputs,
            class_embeddings=snakemake.input.classes,
            top=snakemake.params.top,
            output=snakemake.output[0],
        )
