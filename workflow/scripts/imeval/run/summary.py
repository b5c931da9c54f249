"""The summary of a run."""

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import Any

from imeval.base.errors import some
from imeval.base.progress import duration
from imeval.run import snakemake_internals
from imeval.run.command_line import ONLY_LOOKING
from imeval.run.headline import Ending
from imeval.run.terminal import Job, Terminal

STORES = "results/store"
"""The folder of all stores; each model has a folder of answers in it."""


@dataclass
class Before:
    """The state of results and stores before the first job.

    Attributes:
        reused: the results that are up to date.
        stores: sizes of the files of answers in bytes, by path.
    """

    reused: Sequence[str] = ()
    stores: Mapping[str, int] = field(default_factory=dict)

    def note(self, workflow: Any) -> None:
        """Note the present state; `onstart` calls this."""
        self.reused = snakemake_internals.idle_outputs(workflow)
        self.stores = store_sizes(STORES)


@dataclass(frozen=True)
class Asked:
    """A model's responses in this run, by status.

    `usd` is their price, None if it is unknown or there is none.
    """

    model: str
    statuses: Counter[str]
    usd: float | None


@dataclass(frozen=True)
class Run:
    """The outcome of a run.

    Attributes:
        jobs: those that were started.
        planned: the number of jobs in the plan.
        seconds: the time that the run took.
        reused: the results that were up to date.
        asked: each model's responses in this run.
        behind_api: the models that cost money.
        logs: the paths of Snakemake's logs.
        numbers: lines with the main numbers, if it finished.
        page: the page to open, if there is one.
    """

    jobs: Collection[Job]
    planned: int
    seconds: float
    reused: Sequence[str]
    asked: Sequence[Asked]
    behind_api: Collection[str]
    logs: Sequence[str]
    numbers: Sequence[str] = ()
    page: str | None = None

    @property
    def made(self) -> list[str]:
        """Return the results of the jobs that finished."""
        return [path for job in self.jobs if job.finished for path in job.outputs]

    @property
    def finished(self) -> bool:
        """Return whether every planned job did."""
        return sum(job.finished for job in self.jobs) == self.planned


def write_summary(
    workflow: Any,
    terminal: Terminal | None,
    before: Before,
    prices: Mapping[str, Mapping[str, float] | None],
    ending: Ending,
    logs: Sequence[str],
) -> None:
    """Write the summary of a run.

    `onsuccess` and `onerror` call this. Targets that only look need none.

    Args:
        workflow: Snakemake's.
        terminal: from `take_over_terminal`; without one there is no summary.
        before: the state before the first job; empty if the run stopped earlier.
        prices: of each model behind an API, in dollars per million tokens, None if they are unknown.
        ending: what a finished run ends with.
        logs: the paths of Snakemake's logs.
    """
    if terminal is None or snakemake_internals.targets(workflow) & ONLY_LOOKING:
        return
    try:
        asked = asked_since(STORES, before.stores, prices)
        # Snakemake gives absolute paths.
        near = [os.path.relpath(path) for path in logs]
        jobs = list(terminal.jobs.values())
        run = Run(jobs, terminal.planned, terminal.seconds, before.reused, asked, behind_api=prices, logs=near)
        if run.finished:
            there = frozenset((*run.made, *run.reused))
            page = ending.page_to_open(snakemake_internals.targets(workflow), there)
            run = replace(run, numbers=ending.numbers(there), page=page)
        snakemake_internals.LOGGER.info(text(run))
    except Exception as error:
        # The results are there: a missing summary is no reason to fail the run.
        snakemake_internals.LOGGER.error(f"imeval: no summary, as {error}")


def end_idle_runs(workflow: Any, terminal: Terminal | None, ending: Callable[[], Ending]) -> None:
    """End runs with nothing to do by their numbers and page.

    Args:
        workflow: Snakemake's.
        terminal: from `take_over_terminal`.
        ending: returns what a finished run ends with.
    """

    def lines() -> list[str]:
        targets = snakemake_internals.targets(workflow)
        there, ends = frozenset(snakemake_internals.idle_outputs(workflow)), ending()
        return _closing(ends.numbers(there), ends.page_to_open(targets, there))

    if terminal is not None:
        terminal.idle = lines


def store_sizes(stores: str | Path) -> dict[str, int]:
    """Return the stores' sizes in bytes, by path."""
    return {str(path): path.stat().st_size for path in sorted(Path(stores).glob("*/*.jsonl"))}


def asked_since(
    stores: str | Path, sizes: Mapping[str, int], prices: Mapping[str, Mapping[str, float] | None]
) -> list[Asked]:
    """Return each model's responses that were stored since these sizes.

    Args:
        stores: has a folder for each model.
        sizes: the earlier sizes in bytes, by path.
        prices: by model.
    """
    # Imported late: every start of Snakemake imports this module, but few runs reach a summary.
    from imeval.asking.prices import prices_of
    from imeval.asking.spending import added

    folders = sorted(path for path in Path(stores).glob("*") if path.is_dir())
    new = {folder.name: added(folder, sizes, prices_of(prices.get(folder.name))) for folder in folders}
    return [Asked(model, statuses, usd) for model, (statuses, usd) in new.items() if statuses]


def text(run: Run) -> str:
    """Return the summary as text.

    It ends with failed jobs' reasons, or with the numbers of a finished run and the page to open.
    """
    made, done = run.made, sum(job.finished for job in run.jobs)
    lines = {
        "made": _by_folder(made),
        "reused": _by_folder(run.reused),
        "answers": _answers([*made, *run.reused], run.asked),
        "money": _money([one for one in run.asked if one.model in run.behind_api]),
        "logs": f"of each job under results/logs, of Snakemake {', '.join(run.logs) or 'none'}",
    }
    ended = "finished" if run.finished else f"stopped, {done} of {run.planned} jobs done,"
    shown = [f"  {name:<8} {line}" for name, line in lines.items() if line]
    return "\n".join(
        [
            f"imeval: {ended} after {duration(run.seconds)}",
            *shown,
            *_failures(run.jobs),
            *_closing(run.numbers, run.page),
        ]
    )


def _closing(numbers: Sequence[str], page: str | None) -> list[str]:
    return [*numbers, *([f"imeval: open {page}"] if page else [])]


def _by_folder(paths: Sequence[str]) -> str:
    """Count results, in all and by folder."""
    folders = Counter(PurePath(path).parts[1] if len(PurePath(path).parts) > 2 else path for path in paths)
    total = f"{len(paths):,} result{'s' * (len(paths) != 1)}"
    counted = ", ".join(f"{name} {count:,}" for name, count in sorted(folders.items()))
    return f"{total}: {counted}" if paths else total


def _answers(results: Iterable[str], asked: Sequence[Asked]) -> str:
    # Such a job also has its first request, as text, among its outputs.
    files = [path for path in results if path.startswith("results/responses/") and path.endswith(".parquet")]
    statuses = _statuses([path for path in files if Path(path).is_file()])
    new = sum((one.statuses for one in asked), Counter[str]())
    if not (statuses or new):
        return ""
    parts = [f"about {statuses.total():,} images: {_counted(statuses)}"] if statuses else []
    fresh = (
        f"{new.total():,} asked for in this run: {_counted(_in_order(new))}" if new else "none asked for in this run"
    )
    return "; ".join([*parts, fresh])


def _statuses(files: list[str]) -> Counter[str]:
    if not files:
        return Counter()
    import polars as pl

    counts: dict[str, int] = dict(
        pl.scan_parquet(files).select("status").collect()["status"].value_counts().iter_rows()
    )
    return _in_order(counts)


def _in_order(statuses: Mapping[str, int]) -> Counter[str]:
    from imeval.asking.contract import STATUSES

    return Counter({status: statuses[status] for status in STATUSES if status in statuses})


def _money(asked: Sequence[Asked]) -> str:
    if not asked:
        return "$0, no model behind an API was asked"
    unknown = [one.model for one in asked if one.usd is None]
    spent = {one.model: one.usd for one in asked if one.usd is not None}
    parts = [f"${sum(spent.values()):.2f} in this run"] if spent else []
    parts += [f"of it {model} ${usd:.2f}" for model, usd in spent.items()] if len(spent) > 1 else []
    return ", ".join(parts + ([f"{some(unknown)} without prices, so unknown"] if unknown else []))


def _failures(jobs: Iterable[Job]) -> list[str]:
    """Return each reason once, with its logs."""
    logs: dict[str, list[str]] = {}
    for job in jobs:
        if job.failed:
            logs.setdefault(job.failure(), []).append(job.log)
    return [f"imeval: {sentence}\nimeval: {_of_jobs(named)}" for sentence, named in logs.items()]


def _of_jobs(logs: Sequence[str]) -> str:
    return f"the log of this job is {logs[0]}" if len(logs) == 1 else f"the logs of these jobs are {some(logs)}"


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())
