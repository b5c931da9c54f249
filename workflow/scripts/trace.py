"""Trace a result to its images and labels."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from imeval.provenance import chain
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(*, file: str | None, links: Mapping[str, Mapping[str, Any]]) -> bool:
    """Print a result's chain, return whether it holds."""
    known = {path: chain.Link(**link) for path, link in links.items()}
    asked = chain.require_result(file, known)
    followed = chain.Chain(known)
    print(followed.tree(asked), *(f"! {sentence}" for sentence in followed.breaks), sep="\n", flush=True)
    return not followed.breaks


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        holds = main(file=snakemake.params.file, links=snakemake.params.links)
    # Outside of the job: a broken chain is an answer, not a failure to report.
    sys.exit(0 if holds else 1)
