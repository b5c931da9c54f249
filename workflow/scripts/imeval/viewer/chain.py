"""The recorded chain of files behind a result."""

from pathlib import Path

from imeval.provenance.chain import PICTURES, Chain, Link
from imeval.run.records import recorded_job

_RESULTS = "results"


def chain_of(file: str) -> tuple[str, list[str]]:
    """Return the tree of a result, and its breaks.

    Trace plans what a result would be made from now; this is what it was made from.
    """
    chain = Chain(_links(file))
    tree = chain.tree(file)
    return tree, chain.breaks


def _links(file: str) -> dict[str, Link]:
    links: dict[str, Link] = {}
    waiting = [file]
    while waiting:
        path = waiting.pop()
        if path in links:
            continue
        job = recorded_job(path)
        if job is None:
            # Pictures would take hours to hash; the shards have their hashes.
            outside = Path(path).is_dir() and Path(path).parts[:1] != (_RESULTS,)
            links[path] = Link(PICTURES if outside else None)
            continue
        links[path] = Link(job.rule, sorted(set(job.inputs)), sorted(set(job.inputs)), job.checksums)
        waiting += job.inputs
    return links
