"""Fetch weights from the model hub."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imeval.fetching.hub import Patterns, fetch
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(*, repository: str, revision: str, files: Sequence[Patterns], manifest: str) -> None:
    """Fetch the files that match, and write their manifest."""
    fetch(repository, revision, files, manifest)


if __name__ == "__main__":
    with job(snakemake.log[0], f"the weights of {snakemake.wildcards.repository}"):
        main(
            repository=snakemake.wildcards.repository,
            revision=snakemake.wildcards.revision,
            files=snakemake.params.files,
            manifest=snakemake.output[0],
        )
