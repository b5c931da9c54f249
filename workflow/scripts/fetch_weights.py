"""Fetch weights of the model hub into its cache, checked by hash."""

from typing import TYPE_CHECKING

from imeval.fetching.hub import fetch
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


if __name__ == "__main__":
    with job(snakemake.log[0], f"the weights of {snakemake.wildcards.repository}"):
        fetch(
            snakemake.wildcards.repository,
            snakemake.wildcards.revision,
            snakemake.params.files,
            snakemake.output[0],
        )
