"""A process that imports Snakemake once and forks for each run, as the import takes two seconds of processor.

A request is a line of JSON on standard input, the answer to it a line with the run's exit code:
`{"arguments": ["-n"], "folder": "/tmp/project", "environment": {…}, "stdout": "/tmp/1", "stderr": "/tmp/2"}`.
"""

import importlib
import json
import os
import signal
import subprocess
import sys

from forked_worker import Popen

TIMEOUT = 1800
"""Seconds after which a run is killed."""

IMPORTED = (
    "snakemake.cli",
    "snakemake.report.html_reporter",
    "jinja2",
    "jsonschema",
    "polars",
    "pyarrow",
    "PIL.Image",
    "smart_open",
    "yte",
)
"""What Snakemake and planning import. The package itself is not among them: each run takes that of its folder."""


def main() -> None:
    for name in IMPORTED:
        importlib.import_module(name)
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            run(**request)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def run(arguments: list[str], folder: str, environment: dict[str, str], stdout: str, stderr: str) -> None:
    """Become what `python -m snakemake` is; never returns."""
    for number, path, flags in ((0, os.devnull, os.O_RDONLY), (1, stdout, os.O_WRONLY), (2, stderr, os.O_WRONLY)):
        os.dup2(os.open(path, flags), number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    if "IMEVAL_LOCAL_FORKS" in environment:
        subprocess.Popen = Popen  # type: ignore[misc]
    # Where `python -m` begins to look for modules.
    sys.path[0] = folder
    sys.argv = ["snakemake", *arguments]
    signal.alarm(TIMEOUT)
    sys.exit(importlib.import_module("snakemake.cli").main())


if __name__ == "__main__":
    main()
