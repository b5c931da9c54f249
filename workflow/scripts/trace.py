"""Print what a result came from, down to images and labels, and whether that still is what lies there."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from imeval.provenance import chain
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(file: str | None, links: Mapping[str, Mapping[str, Any]]) -> bool:
    """Print the tree, return whether the chain holds."""
    known = {path: chain.Link(**link) for path, link in links.items()}
    asked = chain.require_result(file, known)
    followed = chain.Chain(known)
    print(followed.tree(asked), *(f"! {sentence}" for sentence in followed.breaks), sep="\n", flush=True)
    return not followed.breaks


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        holds = main(snakemake.params.file, snakemake.params.links)
    sys.exit(0 if holds else 1)
