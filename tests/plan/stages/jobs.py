"""Wildcards of jobs, as Snakemake gives them to input functions."""

from imeval.plan.wildcards import Wildcards
from snakemake.iocontainers import Wildcards as SnakemakeWildcards


def job(**names: str) -> Wildcards:
    return SnakemakeWildcards(fromdict=names)
