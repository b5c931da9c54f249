"""Import a user's file of predicted classes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.images.contract import ImageIndex
from imeval.labels import class_lists
from imeval.mapping.contract import Predictions
from imeval.mapping.imported import Reading, imported_predictions
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    *,
    file: str,
    index: str,
    class_list: Sequence[str],
    agreement_key: str | None,
    reading: Reading,
    predictions: str,
) -> None:
    """Write the predictions of every selected image."""
    ids = class_lists.of_job(class_list).ids
    frame = imported_predictions(file, parquet.read(index, ImageIndex), agreement_key, ids, reading)
    parquet.write(predictions, Predictions, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            file=snakemake.input.file,
            index=snakemake.input.index,
            class_list=snakemake.input.class_list,
            agreement_key=snakemake.params.agreement_key,
            reading=Reading(**snakemake.params.reading),
            predictions=snakemake.output[0],
        )
