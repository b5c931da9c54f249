"""Checks and preparations before the first job."""

import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import IO, Any

from imeval.base.errors import UserError, mistake, mistakes
from imeval.base.files import reset_future_times
from imeval.base.locks import hold
from imeval.run import snakemake_internals
from imeval.run.snakemake_internals import PlannedJob

ONLY_LOOKING = frozenset({"check", "trace"})
"""Targets that only print, and make no result."""

LOCK = Path(".snakemake/run.lock")

_CLOCK_TOLERANCE = 60.0
"""Seconds by which the clock of a file server may be ahead of this machine's."""

_locks: list[IO[str]] = []


@snakemake_internals.workflow_errors()
def before_planning(workflow: Any) -> None:
    """Check that `results` can be written to, before `onstart`.

    The Snakefile calls this. Otherwise Snakemake would first read the results that are there, and fail less clearly.
    """
    looks = snakemake_internals.named_on_command_line(*ONLY_LOOKING)
    if Path("results").is_dir() and not looks and not snakemake_internals.is_dry_run(workflow):
        require_room("results")


@snakemake_internals.workflow_errors()
def begin(workflow: Any, obstacles_of: Callable[[Sequence[PlannedJob]], Sequence[UserError]]) -> None:
    """Stop a run that cannot succeed.

    `onstart` calls this, which Snakemake leaves out in a dry run. Targets that only look at what is there always pass,
    and obstacles do not stop `fetch`.

    Args:
        workflow: Snakemake's.
        obstacles_of: returns what this machine lacks for the jobs of the run.

    Raises:
        WorkflowError: there is an obstacle, no room, another run in this folder, or an input file from the future.
    """
    targets = snakemake_internals.targets(workflow)
    if targets <= ONLY_LOOKING:
        return
    obstacles = obstacles_of(snakemake_internals.planned_jobs(workflow)) if targets != {"fetch"} else []
    if obstacles:
        raise mistakes(obstacles)
    for folder in ("results", ".snakemake"):
        require_room(folder)
    hold_folder()
    # On a cluster a job may outlive its run and still need its script, which it removes itself.
    if snakemake_internals.runs_jobs_here(workflow):
        remove_scripts_of_killed_runs()
    correct_future_times(snakemake_internals.needed_inputs(workflow))


def require_room(folder: str) -> None:
    """Raise if a folder cannot take a megabyte.

    Raises:
        UserError: the disk is full, or the folder cannot be written to.
    """
    try:
        Path(folder).mkdir(exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(bytes(1 << 20))
    except OSError as error:
        remedy = "make room or correct its permissions, and run the same command again"
        raise mistake(folder, "folder", "a writable folder", error.strerror, remedy) from None


def hold_folder() -> None:
    """Lock the folder until this process ends.

    Snakemake's own lock (off by `nolock`) outlives a killed run and blocks the next one; this lock does not.

    Raises:
        UserError: another run holds it. The error names its process and machine, from the lock file.
    """
    file = LOCK.open("a")
    try:
        hold(file)
    except BlockingIOError:
        file.close()
        remedy = "wait for its end, or end it"
        raise mistake(Path.cwd(), "run", "no other in this folder", LOCK.read_text().strip(), remedy) from None
    file.truncate(0)
    print(f"process {os.getpid()} on {platform.node()}", file=file, flush=True)
    # Keep the file open: closing it would release the lock.
    _locks.append(file)


def remove_scripts_of_killed_runs() -> None:
    """Delete the copies of scripts that killed runs left behind.

    Snakemake copies each script before it runs it.
    """
    for script in Path(".snakemake/scripts").glob("tmp*"):
        script.unlink(missing_ok=True)


def correct_future_times(inputs: Iterable[str]) -> None:
    """Reset modification times in the future.

    A job's results would be older than such an input, so Snakemake would make them again in every run.

    Args:
        inputs: the files that the jobs of this run read; those that are not there yet are skipped.

    Raises:
        UserError: a file of the user is from the future, by more than a minute.
    """
    now = time.time()
    changed = {path: Path(path).stat().st_mtime for path in inputs if Path(path).exists()}
    ahead = sorted(path for path, seconds in changed.items() if seconds > now)
    for path in ahead:
        # The user's own files are never touched.
        if Path(path).parts[0] != "results" and changed[path] > now + _CLOCK_TOLERANCE:
            remedy = "if the clock was set back, touch the file and run the same command again"
            raise mistake(path, "time of change", "one in the past", "one in the future", remedy)
    if ahead:
        reset_future_times("results")
