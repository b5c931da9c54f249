"""Convert the weights of a language model from GGUF once."""

from pathlib import Path
from typing import TYPE_CHECKING

from imeval.fetching.packages import verify
from imeval.models.checkpoints import convert_gguf
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


if __name__ == "__main__":
    with job(snakemake.log[0], f"none, the weights of {snakemake.wildcards.model} alone"):
        verify(snakemake.input)
        convert_gguf(Path(snakemake.params.weights), Path(snakemake.output[0]))
