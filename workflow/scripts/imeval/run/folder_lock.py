"""Locks of a folder, for runs at the same time.

These have different names, and never make the same file.

A run locks `.snakemake/run.lock`, or `.snakemake/run.<name>.lock`, until its process ends. The file has the process and
what the run makes and reads:

    {"process": "process 4242 on node7", "makes": ["results/mine/tables/table3.csv"], "reads": ["results/metrics/…"]}
"""

import json
import os
import platform
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO, Any

from imeval.base.errors import mistake, some
from imeval.base.locks import hold
from imeval.run import snakemake_internals

_NO_LOCKS = (
    "imeval: {}: this file system has no locks, so nothing stops a second run in this folder, and jobs that submit "
    "batches may pass max_usd together; make sure that no other run works here, or move the folder (docs/faults.md)"
)

_locks: list[IO[str]] = []


def lock_of(name: str | None) -> Path:
    """Return the lock of runs of a name."""
    return Path(".snakemake", f"run.{name}.lock" if name else "run.lock")


def hold_folder(name: str | None, makes: Collection[str], reads: Collection[str]) -> None:
    """Lock the folder for a run until this process ends.

    Snakemake's own lock (off by `nolock`) outlives a killed run and blocks the next one; this lock does not.

    Args:
        name: of the run, None without one.
        makes: the files that its jobs make.
        reads: the files that its jobs read.

    Raises:
        UserError: another run of the name holds it, or one of another name makes or reads the same files.
    """
    path = lock_of(name)
    file = path.open("a")
    try:
        if not hold(file):
            snakemake_internals.LOGGER.warning(_NO_LOCKS.format(Path.cwd()))
    except BlockingIOError:
        file.close()
        raise _other_run(_content(path)["process"]) from None
    plan = {"process": f"process {os.getpid()} on {platform.node()}", "makes": [*makes], "reads": [*reads]}
    file.truncate(0)
    print(json.dumps(plan), file=file, flush=True)
    # Keep the file open: closing it would release the lock.
    _locks.append(file)
    # The plan is written before others are read: of two runs that begin at once, one at least sees the other.
    for other in others(name):
        if shared := {*makes} & {*other["makes"], *other["reads"]} or {*reads} & {*other["makes"]}:
            raise _other_run(f"{other['process']}, which needs {some(sorted(shared), 2)} too")


def others(name: str | None) -> Iterator[dict[str, Any]]:
    """Yield the plans of the runs of other names in this folder."""
    for path in sorted(Path(".snakemake").glob("run*.lock")):
        if path != lock_of(name) and is_held(path):
            yield _content(path)


def is_held(path: Path) -> bool:
    """Return whether a process holds a lock."""
    try:
        # NFS takes an exclusive lock only on a file that is open for writing.
        with path.open("r+") as file:
            hold(file)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _content(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text())
    except ValueError:
        # The run has locked the file and not yet written its plan.
        return {"process": "one that has just begun", "makes": [], "reads": []}
    return content


def _other_run(found: str) -> Exception:
    remedy = "wait for its end, or end it; runs with another run.name go on side by side where they make other files"
    return mistake(Path.cwd(), "run", "no other in this folder", found, remedy)
