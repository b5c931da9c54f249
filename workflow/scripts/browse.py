"""Serve the page of a run's images and answers."""

from typing import TYPE_CHECKING

from imeval.run.joblog import job
from imeval.viewer.serving import page_of_run

if TYPE_CHECKING:
    from snakemake.script import snakemake

if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        served = page_of_run(snakemake.params.browsed, snakemake.params.port)
    # Outside of the job, which would report every 30 s that it still runs.
    served.until_stopped()
