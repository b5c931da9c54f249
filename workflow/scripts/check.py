"""Check everything that the run needs."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from imeval.plan import check
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(*, needs: Mapping[str, Any]) -> bool:
    """Print what is missing, return whether nothing is."""
    findings = check.check(check.Needs(**needs))
    print(check.report(findings), flush=True)
    return all(finding.ready for finding in findings)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        ready = main(needs=snakemake.params.needs)
    # Outside of the job: something missing is an answer, not a failure to report.
    sys.exit(0 if ready else 1)
