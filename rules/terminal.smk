# What a person sees of a run: a line a job, and a summary at the end; no rules.

import os
import sys
from pathlib import Path

from snakemake.logging import logger

SCRIPTS = Path(workflow.basedir) / "workflow" / "scripts"
sys.path.insert(0, str(SCRIPTS))

from imeval.run.terminal import Terminal


def take_over_the_terminal() -> Terminal | None:
    """Write lines for a person in place of Snakemake's; neither in a dry run, which tells reasons, nor inside a job."""
    handlers = [handler for handler in logger.handlers if handler.name == "DefaultStreamHandler"]
    if workflow.output_settings.dryrun or not workflow.is_main_process or not handlers:
        return None
    terminal = Terminal(handlers[0], everything=workflow.output_settings.verbose)
    logger.removeHandler(handlers[0])
    logger.addHandler(terminal)
    return terminal


TERMINAL = take_over_the_terminal()
BEFORE: dict = {"reused": [], "store": {}}


def note_what_is_there() -> None:
    """Remember, before the first job, which results are up to date and how much the stores of answers hold."""
    idle = (job for job in workflow.dag.jobs if not workflow.dag.needrun(job))
    BEFORE.update(reused=sorted({str(path) for job in idle for path in job.output}), store=stored({}))


def tell_summary(logs: list[str]) -> None:
    """Say what the run made and reused, what was answered and what it cost; a check or a trace has said all itself."""
    if TERMINAL is None or set(workflow.dag_settings.targets) & {"check", "trace"}:
        return
    try:
        logger.info(summary(logs))
    except Exception as error:  # The results are there: no summary of them is worth a failed run.
        logger.error(f"imeval: no summary, as {error}")


def summary(logs: list[str]) -> str:
    """Return what the run made and reused, what was answered and what it cost."""
    from imeval.run import summary as run_summary

    priced = {name: entry("models", name).get("prices") for name in config["models"] if behind_api(name)}
    asked = run_summary.asked_since("results/store", BEFORE["store"], priced)
    jobs, near = list(TERMINAL.jobs.values()), [os.path.relpath(path) for path in logs]
    return run_summary.text(jobs, TERMINAL.planned, TERMINAL.seconds, BEFORE["reused"], asked, set(priced), near)
