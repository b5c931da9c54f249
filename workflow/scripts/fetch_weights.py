"""Fetch weights from the model hub."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imeval.fetching.hub import fetch
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(*, repository: str, revision: str, backends: Sequence[str], manifest: str) -> None:
    """Fetch what these backends load, and write its manifest."""
    fetch(repository, revision, backends, manifest)


if __name__ == "__main__":
    with job(snakemake.log[0], f"the weights of {snakemake.wildcards.repository}"):
        main(
            repository=snakemake.wildcards.repository,
            revision=snakemake.wildcards.revision,
            backends=snakemake.params.backends,
            manifest=snakemake.output[0],
        )
