"""The terminal during a run, with a line for each job.

Snakemake's other messages appear in its own words. Its log, under .snakemake/log, still has everything.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from imeval.base.progress import duration
from imeval.run import snakemake_internals
from imeval.run.joblog import failure

_LONG = 10.0
"""A job that took this many seconds gets a second line when it ends."""

REPLACED_EVENTS = ("group_info", "job_finished", "job_started", "progress", "resources_info", "workflow_started")
"""Snakemake's events that the lines of the jobs and the summary replace."""

NOISE = (
    "Assuming unrestricted shared filesystem usage",
    "Select jobs to execute",
    "Using shell",
    "Conda environments: ignored",
    "Config file ",
    "RuleException:\nCalledProcessError",
    "Shutting down",
    "Exiting because a job execution failed",
    "Complete log(s)",
    "Elapsed time",
    "WorkflowError:\nAt least one job did not complete",
    "Terminating service job",
    "Service job",
)
"""Beginnings of Snakemake's messages that add nothing to the lines of the jobs."""


_IDLE = "Nothing to be done"
"""The beginning of Snakemake's message, after which it calls no handler of the Snakefile."""


@dataclass
class Job:
    """A job that was started.

    Attributes:
        message: the message of its rule.
        outputs: the paths that it makes.
        logs: its own log first, then that of the cluster.
        number: its place among the jobs of the run, from 1.
        started: in seconds of the terminal's clock.
        since: the same moment in seconds since 1970.
    """

    message: str
    outputs: tuple[str, ...]
    logs: tuple[str, ...]
    number: int
    started: float
    since: float = field(default_factory=time.time)
    finished: bool = False
    failed: bool = False

    @property
    def log(self) -> str:
        """Return the job's log, or the cluster's."""
        return next((log for log in self.logs if Path(log).is_file()), "none")

    def failure(self) -> str:
        """Return why the job failed, in a sentence."""
        sentence = failure(self.logs[0], self.since) if self.logs else None
        return sentence or f"the job “{self.message}” ended without a reason in its log; it may have been killed"


class Terminal(logging.Handler):
    """A log handler that writes a line for each job.

    It keeps the state of each job for the summary. `idle` returns the last lines of a run that has nothing to do.

    Args:
        replaced: the handler with which Snakemake writes to the terminal. It still writes all messages about no job,
            and its filter decides what `--quiet` leaves out.
        everything: whether `replaced` writes all messages, as `--verbose` asks.
        clock: returns seconds.
    """

    def __init__(
        self,
        replaced: logging.StreamHandler[TextIO],
        *,
        everything: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self.name = replaced.name
        self.jobs: dict[int, Job] = {}
        self.planned = 0
        self.idle: Callable[[], Iterable[str]] = tuple
        self._replaced = replaced
        self._everything = everything
        self._clock = clock
        self._began = clock()

    @property
    def seconds(self) -> float:
        """Return the seconds since the run began."""
        return self._clock() - self._began

    def emit(self, record: logging.LogRecord) -> None:
        """Write a job's line, or pass on a message about no job."""
        # Snakemake puts the fields of an event into the attributes of the record.
        event = record.__dict__
        # Compute the line even where --quiet hides it: this keeps the state of jobs for the summary.
        line = self._line(str(event.get("event", "")), event)
        if not self._replaced.filter(record):
            return
        if self._everything or (line is None and not record.getMessage().startswith(NOISE)):
            self._replaced.handle(record)
            for last in self.idle() if record.getMessage().startswith(_IDLE) else ():
                self._write(last)
        elif line:
            self._write(line)

    def _write(self, line: str) -> None:
        self._replaced.stream.write(f"{line}\n")
        self._replaced.flush()

    def _line(self, name: str, event: Mapping[str, Any]) -> str | None:
        """Return the line for an event of Snakemake.

        It is "" if a job's event needs no line, None if the event is about no job.
        """
        match name:
            case "run_info":
                self.planned = event["stats"].get("total", 0)
                return None
            case "job_info":
                return self._started(event)
            case "job_finished":
                return self._ended(event["job_id"])
            case "job_error":
                return self._failed(event)
            case _:
                return "" if name in REPLACED_EVENTS else None

    def _started(self, event: Mapping[str, Any]) -> str:
        # A job that Snakemake starts again, as `retries` allow, keeps its number.
        again = self.jobs.get(event["jobid"])
        number = again.number if again else len(self.jobs) + 1
        message = event["rule_msg"] or event["rule_name"]
        job = Job(message, tuple(event["output"]), tuple(event["log"]), number, self._clock())
        self.jobs[event["jobid"]] = job
        return self._numbered(job, message)

    def _ended(self, job_id: int) -> str:
        job = self.jobs.get(job_id)
        if not job:
            return ""
        job.finished = True
        seconds = self._clock() - job.started
        return self._numbered(job, f"{job.message}: done in {duration(seconds)}") if seconds >= _LONG else ""

    def _failed(self, event: Mapping[str, Any]) -> str | None:
        job = self.jobs.get(event["jobid"])
        if not job:
            return None
        job.failed = True
        # Only now is the cluster's log known; it comes after the job's own.
        job.logs = tuple(event["log"])
        others = sum(not (other.finished or other.failed) for other in self.jobs.values())
        waiting = f"; {others} more still running" if others else ""
        return self._numbered(job, f"{job.message}: FAILED{waiting}")

    def _numbered(self, job: Job, text: str) -> str:
        width = len(str(self.planned))
        return f"{time.strftime('%H:%M:%S')} {job.number:>{width}} of {self.planned}  {text}"


def take_over_terminal(workflow: Any) -> Terminal | None:
    """Replace Snakemake's lines by one for each job.

    A user's error becomes one line, in a dry run too.

    Returns:
        The new handler. None in a dry run, whose lines give the reasons of jobs, and inside a job.
    """
    if not snakemake_internals.is_main_process(workflow):
        return None
    everything = snakemake_internals.is_verbose(workflow)
    if not everything:
        snakemake_internals.shorten_errors_of_users()
    if snakemake_internals.is_dry_run(workflow):
        return None
    return snakemake_internals.replace_terminal_handler(lambda replaced: Terminal(replaced, everything=everything))
