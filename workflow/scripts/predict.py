"""Predict the best class of each image."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.mapping.contract import Predictions
from imeval.mapping.outputs import predictions_from_outputs
from imeval.models.contract import Outputs
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(*, outputs: Sequence[str], predictions: str) -> None:
    """Write the predictions of all shards."""
    frame = parquet.read_all(outputs, Outputs)
    parquet.write(predictions, Predictions, predictions_from_outputs(frame))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(outputs=snakemake.input, predictions=snakemake.output[0])
