"""Checks and preparations before the first job."""

import gc
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from imeval.base.errors import UserError, mistake, mistakes
from imeval.base.files import reset_future_times
from imeval.run import folder_lock, set_aside, snakemake_internals
from imeval.run.command_line import ONLY_LOOKING
from imeval.run.set_aside import OwnResults
from imeval.run.snakemake_internals import PlannedJob

_CLOCK_TOLERANCE = 60.0
"""Seconds by which the clock of a file server may be ahead of this machine's."""


@snakemake_internals.bare_sentences()
def before_planning(workflow: Any) -> None:
    """Check that `results` can be written to, before `onstart`.

    The Snakefile calls this. Otherwise Snakemake would first read the results that are there, and fail less clearly.
    """
    looks = snakemake_internals.named_on_command_line(*ONLY_LOOKING)
    if Path("results").is_dir() and not looks and not snakemake_internals.is_dry_run(workflow):
        require_room("results")


@snakemake_internals.bare_sentences()
def separate_results(workflow: Any, own: OwnResults) -> None:
    """Set results of the run aside that another configuration made.

    Snakemake would take such a table for this run's, as it is in the right place. A dry run only names them.
    """
    looks = snakemake_internals.named_on_command_line(*ONLY_LOOKING) or snakemake_internals.only_shows()
    if looks or not snakemake_internals.is_main_process(workflow):
        return
    foreign = own.foreign()
    # A run of the name that is under way has unfinished results here, and this one will be refused.
    if foreign and not folder_lock.is_held(folder_lock.lock_of(own.name)):
        target = None if snakemake_internals.is_dry_run(workflow) else own.set_aside(foreign)
        print(f"imeval: {set_aside.sentence(foreign, target)}", file=sys.stderr)


@snakemake_internals.bare_sentences()
def begin(workflow: Any, obstacles_of: Callable[[Sequence[PlannedJob]], Sequence[UserError]], own: OwnResults) -> None:
    """Stop a run that cannot succeed.

    `onstart` calls this, which Snakemake leaves out in a dry run. Targets that only look at what is there always pass,
    and obstacles do not stop `fetch`.

    Args:
        workflow: Snakemake's.
        obstacles_of: returns what this machine lacks for the jobs of the run.
        own: the run's own results; the configuration that makes them is noted.

    Raises:
        SystemExit: there is an obstacle, no room, another run in this folder, or an input file from the future.
    """
    # Garbage is searched again, but never in the plan, which is kept to the end.
    gc.freeze()
    gc.enable()
    targets = snakemake_internals.targets(workflow)
    if targets in ({"browse"}, {"annotate"}):
        # Ctrl-C ends the page, which is how it ends. Snakemake would take it for a failure.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    if targets <= ONLY_LOOKING:
        return
    obstacles = obstacles_of(snakemake_internals.planned_jobs(workflow)) if targets != {"fetch"} else []
    if obstacles:
        raise mistakes(obstacles)
    for folder in ("results", ".snakemake"):
        require_room(folder)
    makes, reads = snakemake_internals.needed_outputs(workflow), snakemake_internals.needed_inputs(workflow)
    folder_lock.hold_folder(own.name, makes, reads)
    # On a cluster a job may outlive its run and still need its script, which it removes itself.
    if snakemake_internals.runs_jobs_here(workflow) and not any(folder_lock.others(own.name)):
        remove_scripts_of_killed_runs()
    own.remember(makes)
    correct_future_times(reads)


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
