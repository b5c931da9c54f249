"""What a dry run shows: a line a stage.

```
imeval: would run 14 jobs; this is a dry run, nothing is made or asked
  stage           jobs  there  images  GPU hours  dollars  models              why
  extract_images     1      0      20                                          not there
  answer             2      0      40        0.1     0.02  gpt_4o, socratic    not there
  table              6      3                                                  code
  total             14      3

imeval: weights that are loaded, and the hours if each job loaded them
  model      GB  jobs  times  hours  hours by each job
  qwen3_vl  470    91      1    0.3               23.8
```
"""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from imeval.base.errors import some
from imeval.run import snakemake_internals
from imeval.run.snakemake_internals import PlannedJob
from imeval.run.terminal import NOISE, REPLACED_EVENTS

_OF_JOBS = (*REPLACED_EVENTS, "run_info", "job_info")
"""Snakemake's events that the lines of the stages replace."""

_NOISE = (
    *NOISE,
    "Execute ",
    "Reasons:",
    "This was a dry-run",
    "host: ",
    "Would remove ",
    "Some jobs were triggered",
    "Rules with provenance",
)
"""Beginnings of Snakemake's messages that add nothing to the lines of the stages."""

_COLUMNS = ("stage", "jobs", "there", "images", "GPU hours", "dollars", "models", "why")
_LOADED = ("model", "GB", "jobs", "times", "hours", "hours by each job")
_TEXTS = ("stage", "models", "why", "model")
_MOST_NAMED = 3


@dataclass(frozen=True)
class Stage:
    """The jobs of a rule.

    Attributes:
        rule: its name.
        jobs, there: the numbers of jobs that would run and whose results are there.
        images: how many images the jobs look at, of all models and tasks; None if they do not.
        gpu_hours, usd: estimates; None where the stage takes none. The dollars are without batches.
        models: those that the jobs are about.
        why: the reasons of the jobs.
    """

    rule: str
    jobs: int
    there: int
    images: int | None = None
    gpu_hours: float | None = None
    usd: float | None = None
    models: tuple[str, ...] = ()
    why: tuple[str, ...] = ()


@dataclass(frozen=True)
class Loads:
    """How often the weights of a model or encoder are loaded.

    Attributes:
        model: its name.
        gigabytes: those of its weights.
        jobs: how many jobs it computes for.
        times: how often its weights are loaded for them.
        hours_once: what loading takes each time.
    """

    model: str
    gigabytes: float
    jobs: int
    times: int
    hours_once: float


def text(stages: Sequence[Stage], loads: Sequence[Loads] = ()) -> str:
    """Return the lines of a dry run.

    Columns without a value are left out.
    """
    jobs = sum(stage.jobs for stage in stages)
    total = Stage(
        "total",
        jobs,
        sum(stage.there for stage in stages),
        gpu_hours=_total(stage.gpu_hours for stage in stages),
        usd=_total(stage.usd for stage in stages),
    )
    rows = [_cells(stage) for stage in (*stages, total)]
    shown = [column for column in _COLUMNS if any(row[column] for row in rows)]
    head = f"imeval: would run {jobs:,} job{'s' * (jobs != 1)}; this is a dry run, nothing is made or asked"
    return "\n".join([head, *_lines(shown, rows), *_lines_of_loads(loads), f"imeval: {_foot(shown)}"])


def _lines(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> list[str]:
    """Return a head and rows as lines with aligned columns."""
    headed = [dict(zip(columns, columns, strict=True)), *rows]
    widths = {column: max(len(row[column]) for row in headed) for column in columns}
    lines = ("  ".join(_aligned(row[column], column, widths[column]) for column in columns) for row in headed)
    return [f"  {line.rstrip()}" for line in lines]


def _lines_of_loads(loads: Sequence[Loads]) -> list[str]:
    if not loads:
        return []
    rows = [
        (load.model, load.gigabytes, load.jobs, load.times, load.times * load.hours_once, load.jobs * load.hours_once)
        for load in loads
    ]
    rows.append(("total", None, *(sum(column) for column in list(zip(*rows, strict=True))[2:])))
    cells = [
        (name, _rounded(gigabytes, 0), f"{jobs:,}", f"{times:,}", _rounded(hours, 2), _rounded(by_each, 2))
        for name, gigabytes, jobs, times, hours, by_each in rows
    ]
    lines = _lines(_LOADED, [dict(zip(_LOADED, row, strict=True)) for row in cells])
    return ["imeval: weights that are loaded, and the hours if each job loaded them", *lines]


def _foot(shown: Collection[str]) -> str:
    hours = ["GPU hours are at most these, at half of a GPU's speed"] if "GPU hours" in shown else []
    dollars = ["dollars without batches"] if "dollars" in shown else []
    return "; ".join([*hours, *dollars, "--verbose lists every job with its files and its reason"])


def _total(values: Iterator[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _cells(stage: Stage) -> dict[str, str]:
    named = ", ".join(stage.models) if len(stage.models) <= _MOST_NAMED else f"{len(stage.models)} models"
    return {
        "stage": stage.rule,
        "jobs": f"{stage.jobs:,}",
        "there": f"{stage.there:,}",
        "images": "" if stage.images is None else f"{stage.images:,}",
        "GPU hours": _rounded(stage.gpu_hours, 1),
        "dollars": _rounded(stage.usd, 2),
        "models": named,
        "why": some(stage.why) if stage.why else "",
    }


def _rounded(value: float | None, decimals: int) -> str:
    least = 10**-decimals
    return "" if value is None else f"<{least:g}" if 0 < value < least else f"{value:,.{decimals}f}"


def _aligned(cell: str, column: str, width: int) -> str:
    return cell.ljust(width) if column in _TEXTS else cell.rjust(width)


class DryRun(logging.Handler):
    """A log handler that shows a plan, and no lines of jobs.

    Args:
        replaced: the handler with which Snakemake writes to the terminal. It still writes all other messages, and its
            filter decides what `--quiet` leaves out.
        plan: returns the lines.
    """

    def __init__(self, replaced: logging.StreamHandler[TextIO], plan: Callable[[], str]) -> None:
        super().__init__()
        self.name = replaced.name
        self._replaced = replaced
        self._plan: Callable[[], str] | None = plan

    def emit(self, record: logging.LogRecord) -> None:
        """Write the plan once it is known, or pass on another message."""
        # Snakemake puts the fields of an event into the attributes of the record.
        event = str(record.__dict__.get("event") or "")
        if not self._replaced.filter(record):
            return
        if event == "run_info" and self._plan:
            self._replaced.stream.write(f"{self._plan()}\n")
            self._replaced.flush()
            # At the end of a dry run Snakemake repeats the event.
            self._plan = None
        elif event not in _OF_JOBS and not record.getMessage().startswith(_NOISE):
            self._replaced.handle(record)


def show_plan(
    workflow: Any,
    stages: Callable[[Sequence[PlannedJob], Sequence[PlannedJob]], Sequence[Stage]],
    loads: Callable[[Sequence[PlannedJob]], Sequence[Loads]],
) -> None:
    """Make a dry run show its stages.

    With `--verbose` it shows every job, as Snakemake does.

    Args:
        workflow: Snakemake's.
        stages: returns the stages of jobs that would run, and of jobs whose results are there.
        loads: returns how often jobs that would run load weights.
    """
    if not snakemake_internals.is_dry_run(workflow) or not snakemake_internals.is_main_process(workflow):
        return
    if snakemake_internals.is_verbose(workflow):
        return

    def plan() -> str:
        planned, idle = snakemake_internals.planned_jobs(workflow), snakemake_internals.idle_jobs(workflow)
        order = {name: place for place, name in enumerate(snakemake_internals.rule_names(workflow))}
        return text(sorted(stages(planned, idle), key=lambda stage: order[stage.rule]), loads(planned))

    snakemake_internals.replace_terminal_handler(lambda replaced: DryRun(replaced, plan))
