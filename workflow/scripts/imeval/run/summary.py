"""What a run made and reused, which answers came, what they cost and why it failed: the last lines on the terminal."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import polars as pl

from imeval.asking.contract import STATUSES
from imeval.asking.prices import prices_of
from imeval.asking.spending import added
from imeval.base.errors import some
from imeval.base.progress import duration
from imeval.run.terminal import Job


@dataclass(frozen=True)
class Asked:
    """What a model answered in this run, by status, and the price of that; None if it is not known or there is none."""

    model: str
    statuses: Counter[str]
    usd: float | None


def asked_since(
    stores: str | Path, sizes: Mapping[str, int], prices: Mapping[str, Mapping[str, float] | None]
) -> list[Asked]:
    """Return what was answered since the files of the stores had some sizes.

    Args:
        stores: has a folder a model.
        sizes: the earlier sizes in bytes, by path.
        prices: by model.
    """
    folders = sorted(path for path in Path(stores).glob("*") if path.is_dir())
    new = {folder.name: added(folder, sizes, prices_of(prices.get(folder.name))) for folder in folders}
    return [Asked(model, statuses, usd) for model, (statuses, usd) in new.items() if statuses]


def text(
    jobs: Collection[Job],
    planned: int,
    seconds: float,
    reused: Sequence[str],
    asked: Sequence[Asked],
    behind_api: Collection[str],
    logs: Sequence[str],
) -> str:
    """Return the summary of a run; why jobs failed stands at its end.

    Args:
        jobs: those that were started.
        planned: how many there were to be.
        seconds: that the run took.
        reused: the results that were up to date.
        asked: what models were asked.
        behind_api: the models that cost money.
        logs: of Snakemake.
    """
    made = [path for job in jobs if job.finished for path in job.outputs]
    done = sum(job.finished for job in jobs)
    lines = {
        "made": _by_folder(made),
        "reused": _by_folder(reused),
        "answers": _answers([*made, *reused], asked),
        "money": _money([one for one in asked if one.model in behind_api]),
        "logs": f"of each job under results/logs, of Snakemake {', '.join(logs) or 'none'}",
    }
    ended = "finished" if done == planned else f"stopped, {done} of {planned} jobs done,"
    told = [f"  {name:<8} {line}" for name, line in lines.items() if line]
    return "\n".join([f"imeval: {ended} after {duration(seconds)}", *told, *_failures(jobs)])


def _by_folder(paths: Sequence[str]) -> str:
    """Return how many results there are, and how many in which folder of `results`."""
    folders = Counter(PurePath(path).parts[1] if len(PurePath(path).parts) > 2 else path for path in paths)
    told = f"{len(paths):,} result{'s' * (len(paths) != 1)}"
    counted = ", ".join(f"{name} {count:,}" for name, count in sorted(folders.items()))
    return f"{told}: {counted}" if paths else told


def _answers(results: Iterable[str], asked: Sequence[Asked]) -> str:
    files = [path for path in results if path.startswith("results/responses/") and path.endswith(".parquet")]
    statuses = _statuses([path for path in files if Path(path).is_file()])
    new = sum((one.statuses for one in asked), Counter[str]())
    if not (statuses or new):
        return ""
    told = [f"about {statuses.total():,} images: {_counted(statuses)}"] if statuses else []
    fresh = (
        f"{new.total():,} asked for in this run: {_counted(_in_order(new))}" if new else "none asked for in this run"
    )
    return "; ".join([*told, fresh])


def _statuses(files: list[str]) -> Counter[str]:
    if not files:
        return Counter()
    counts: dict[str, int] = dict(
        pl.scan_parquet(files).select("status").collect()["status"].value_counts().iter_rows()
    )
    return _in_order(counts)


def _in_order(statuses: Mapping[str, int]) -> Counter[str]:
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
    """Return each sentence with which jobs failed once, and the logs that have it."""
    failed = [job for job in jobs if job.failed]
    logs: dict[str, list[str]] = {}
    for job in failed:
        logs.setdefault(job.failure(), []).append(job.log)
    return [f"imeval: {sentence}\nimeval: {_of_jobs(named)}" for sentence, named in logs.items()]


def _of_jobs(logs: Sequence[str]) -> str:
    return f"the log of this job is {logs[0]}" if len(logs) == 1 else f"the logs of these jobs are {some(logs)}"


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())
