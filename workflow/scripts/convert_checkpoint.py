"""Convert the weights of a language model from GGUF."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from imeval.fetching.packages import verify
from imeval.models.checkpoints import convert_gguf
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(*, downloads: Sequence[str], weights: str, checkpoint: str) -> None:
    """Write the checkpoint of a GGUF file.

    Every job would need long to read the GGUF file itself.
    """
    verify(downloads)
    convert_gguf(Path(weights), Path(checkpoint))


if __name__ == "__main__":
    with job(snakemake.log[0], f"none, the weights of {snakemake.wildcards.model} alone"):
        main(downloads=snakemake.input, weights=snakemake.params.weights, checkpoint=snakemake.output[0])
