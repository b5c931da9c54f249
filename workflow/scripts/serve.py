"""Serve a model to the jobs of a run, until Snakemake ends this process or has ended itself."""

import json
import sys
from collections.abc import Sequence

from imeval.fetching.packages import verify
from imeval.run.joblog import job
from imeval.serving import servers


def main(settings: servers.Settings, snakemake: int, file: str, output: str, downloads: Sequence[str]) -> None:
    """Serve until the run is over."""
    verify(downloads)
    servers.serve(settings, snakemake, file, output)


if __name__ == "__main__":
    described, parent, file, log, output, *downloads = sys.argv[1:]
    settings = servers.Settings(**json.loads(described))
    with job(log, f"none, the server of {settings.model} alone"):
        main(settings, int(parent), file, output, downloads)
