"""What a person sees of a run: one line a job in plain words, and all that is not about a job as Snakemake tells it.

Snakemake's own log, under .snakemake/log, still has everything.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from imeval.base.progress import duration
from imeval.run.joblog import failure

_LONG = 10.0
"""From so many seconds on a line says that a job has ended, and how long it took."""

_SAID_OTHERWISE = ("job_finished", "job_started", "progress", "resources_info", "workflow_started")
"""Events of Snakemake's that the lines of the jobs and the summary tell."""

_NOISE = (
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
)
"""Beginnings of lines that tell nothing more."""


@dataclass
class Job:
    """A job that was started: its message, what it makes, and its logs."""

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
        """Its log or, where it left none, that of the cluster."""
        return next((log for log in self.logs if Path(log).is_file()), "none")

    def failure(self) -> str:
        """Return why it failed."""
        sentence = failure(self.logs[0], self.since) if self.logs else None
        return sentence or f"the job “{self.message}” ended without saying why; it may have been killed"


class Terminal(logging.Handler):
    """Takes the place of the handler with which Snakemake writes to the terminal, and keeps what became of the jobs.

    Args:
        replaced: that handler; it still writes what is about no job, and decides what --quiet leaves out.
        everything: let it write all that it would have written, as --verbose asks.
        clock: seconds.
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
        self._replaced = replaced
        self._everything = everything
        self._clock = clock
        self._began = clock()

    @property
    def seconds(self) -> float:
        """How long the run has taken."""
        return self._clock() - self._began

    def emit(self, record: logging.LogRecord) -> None:
        """Note what became of a job, and say it in a line."""
        said = record.__dict__
        line = self._line(str(said.get("event", "")), said)
        if not self._replaced.filter(record):
            return
        if self._everything or (line is None and not self._is_noise(record)):
            self._replaced.handle(record)
        elif line:
            self._replaced.stream.write(f"{line}\n")
            self._replaced.flush()

    def _line(self, event: str, said: Mapping[str, Any]) -> str | None:
        """Return the line for an event about a job, empty if there is none to say; None for one about no job."""
        match event:
            case "run_info":
                self.planned = said["stats"].get("total", 0)
                return None
            case "job_info":
                return self._started(said)
            case "job_finished":
                return self._ended(said["job_id"])
            case "job_error":
                return self._failed(said)
            case _:
                return "" if event in _SAID_OTHERWISE else None

    def _started(self, said: Mapping[str, Any]) -> str:
        again = self.jobs.get(said["jobid"])
        number = again.number if again else len(self.jobs) + 1
        message = said["rule_msg"] or said["rule_name"]
        job = Job(message, tuple(said["output"]), tuple(said["log"]), number, self._clock())
        self.jobs[said["jobid"]] = job
        return self._numbered(job, message)

    def _ended(self, job_id: int) -> str:
        job = self.jobs.get(job_id)
        if not job:
            return ""
        job.finished = True
        seconds = self._clock() - job.started
        return self._numbered(job, f"{job.message}: done in {duration(seconds)}") if seconds >= _LONG else ""

    def _failed(self, said: Mapping[str, Any]) -> str | None:
        job = self.jobs.get(said["jobid"])
        if not job:
            return None
        job.failed = True
        # The log that a cluster writes comes after the job's own.
        job.logs = tuple(said["log"])
        others = sum(not (other.finished or other.failed) for other in self.jobs.values())
        waiting = f"; {others} more still running" if others else ""
        return self._numbered(job, f"{job.message}: FAILED{waiting}")

    def _numbered(self, job: Job, text: str) -> str:
        width = len(str(self.planned))
        return f"{time.strftime('%H:%M:%S')} {job.number:>{width}} of {self.planned}  {text}"

    def _is_noise(self, record: logging.LogRecord) -> bool:
        return record.getMessage().startswith(_NOISE)
