"""Serve a model to the jobs of a run."""

import json
import sys
from collections.abc import Sequence

from imeval.fetching.packages import verify
from imeval.run.joblog import job
from imeval.serving import servers


def main(
    *, settings: servers.Settings, snakemake: int, server_file: str, output_log: str, downloads: Sequence[str]
) -> None:
    """Serve until the run ends.

    Then Snakemake ends this process, or has ended itself.

    Args:
        settings: what serves.
        snakemake: the process id of Snakemake.
        server_file: where the jobs find the address of the server.
        output_log: gets what the server writes.
        downloads: the packages of the weights.
    """
    verify(downloads)
    servers.serve(settings, snakemake, server_file, output_log)


if __name__ == "__main__":
    described, parent, file, log, output, *packages = sys.argv[1:]
    served = servers.Settings(**json.loads(described))
    with job(log, f"none, the server of {served.model} alone"):
        main(settings=served, snakemake=int(parent), server_file=file, output_log=output, downloads=packages)
