"""How Snakemake runs a job: further undocumented parts in use.

Like `snakemake_internals`, written for Snakemake 9.27; compare each function with Snakemake's source after an upgrade.
"""

import os
import sys
from collections.abc import Callable, Mapping
from subprocess import CalledProcessError
from typing import Any

from imeval.run.workers import Workers

_OF_THREADS = ("OMP_NUM_THREADS", "GOTO_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
               "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS")  # fmt: skip

_SHORT_WAITS = {"GOMP_SPINCOUNT": "1000"}
"""Lets a thread of PyTorch sleep soon when it waits for another.

By default it keeps its core busy for some milliseconds. Where other processes use the cores as well, the thread that it
waits for then has none, and a model takes several times as long.
"""


def run_scripts_by(
    workflow: Any, local: Workers, models: Workers, weights_of: Callable[[str, Mapping[str, str]], str | None]
) -> None:
    """Let processes that stay run scripts.

    These are the scripts of local rules with one thread, and of jobs that load weights. Snakemake starts a Python for
    each. Jobs in an environment of conda or a container still get a new process.

    Args:
        workflow: Snakemake's.
        local: run the scripts of local rules.
        models: run the scripts of jobs that load weights. Those that wait are ended before another job takes a GPU,
            whose memory they would keep.
        weights_of: returns the name of the weights that a job loads, if any, from its rule and wildcards.
    """
    from snakemake.script import PythonScript

    start = PythonScript.execute_script

    def run(job: Any, script: str) -> int | None:
        """Return the exit code, None of other jobs."""
        if job.conda_env or job.container_img or job.env_modules or job.shadow_dir or job.bench_record:
            return None
        environment = _environment(job.resources, job.threads)
        if weights := weights_of(job.rulename, dict(job.wildcards.items())):
            return models.run(script, _SHORT_WAITS | environment, weights)
        return local.run(script, environment) if job.threads == 1 and job.rulename in workflow._localrules else None

    def execute_script(job: Any, fname: str, edit: bool = False) -> None:
        code = run(job, fname)
        if code is None:
            if job.resources.get("gpu"):
                models.end()
            start(job, fname, edit)
        elif code:
            raise CalledProcessError(code, [sys.executable, fname])

    PythonScript.execute_script = execute_script


def before_each_server(do: Callable[[], None]) -> None:
    """Call a function before Snakemake starts a service."""
    from snakemake.executors.local import Executor

    submit = Executor.run_single_job

    def run_single_job(executor: Any, job: Any) -> Any:
        if job.is_service:
            do()
        return submit(executor, job)

    Executor.run_single_job = run_single_job


def _environment(resources: Any, threads: int) -> dict[str, str]:
    """Return Snakemake's environment of a job."""
    folder = resources.get("tmpdir")
    return {
        **os.environ,
        **dict.fromkeys(_OF_THREADS, str(threads)),
        **(dict.fromkeys(("TMPDIR", "TMP", "TEMPDIR", "TEMP"), folder) if folder else {}),
    }
