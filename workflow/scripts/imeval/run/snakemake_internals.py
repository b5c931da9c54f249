"""The undocumented parts of Snakemake that the workflow uses, all in this module.

Written for Snakemake 9.27 (`requirements.txt` pins 9.27.1). A new version may rename any of them without notice: after
an upgrade compare each function with Snakemake's source, and run `tests/workflow`. Rules, wildcards and jobs are typed
`Any`, as Snakemake has no public types for them.
"""

import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TextIO, TypeVar

from snakemake.exceptions import WorkflowError
from snakemake.io import IOFile
from snakemake.iocontainers import Wildcards
from snakemake.logging import logger
from snakemake.settings.types import DeploymentMethod

from imeval.base.errors import UserError

H = TypeVar("H", bound=logging.Handler)

VERSION = "9.27"

LOGGER: logging.Logger = logger
"""Snakemake's logger, which writes to the terminal and to `.snakemake/log`."""


@dataclass(frozen=True)
class Recorded:
    """What Snakemake noted about a result when a job made it: input paths, checksums by path."""

    inputs: tuple[str, ...]
    checksums: Mapping[str, Any]


@contextmanager
def workflow_errors() -> Iterator[None]:
    """Raise a user's error as Snakemake's, which is printed without a traceback."""
    try:
        yield
    except UserError as error:
        raise WorkflowError(str(error)) from None


# What the command line asks for.


def named_on_command_line(*names: str) -> bool:
    """Return whether one of these names stands on the command line.

    While the Snakefile is read, Snakemake has not noted its targets yet: this is all that can be known of them.
    """
    return not set(names).isdisjoint(sys.argv)


def files_on_command_line(folder: str) -> list[str]:
    """Return the files below a folder that are named on the command line, as targets are."""
    return [word for word in sys.argv[1:] if word.startswith(f"{folder}/")]


def python_of(workflow: Any) -> str:
    """Return the Python that a shell command of a rule starts: that of its conda environment, or this one."""
    return "python" if uses_conda(workflow) else sys.executable


def targets(workflow: Any) -> frozenset[str]:
    """Return the targets of the run, "all" if none is named; known once planning begins."""
    return frozenset(workflow.dag_settings.targets or {"all"})


def is_dry_run(workflow: Any) -> bool:
    """Return whether this is a dry run (`-n`)."""
    return bool(workflow.output_settings.dryrun)


def is_verbose(workflow: Any) -> bool:
    """Return whether Snakemake is to write all it can (`--verbose`)."""
    return bool(workflow.output_settings.verbose)


def is_main_process(workflow: Any) -> bool:
    """Return whether this process plans the run; a job reads the Snakefile as well."""
    return bool(workflow.is_main_process)


def runs_jobs_here(workflow: Any) -> bool:
    """Return whether jobs run on this machine, not on a cluster."""
    return bool(workflow.local_exec)


def uses_conda(workflow: Any) -> bool:
    """Return whether rules run in their conda environments (`--sdm conda`)."""
    return DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method


def config_files(workflow: Any) -> tuple[list[str], list[str]]:
    """Return the configuration files of the Snakefile, and those given with `--configfile`.

    Snakemake merges the second over the first, though `workflow.configfiles` lists the second first.
    """
    overlays = [str(path) for path in workflow.config_settings.configfiles]
    return [str(path) for path in workflow.configfiles if str(path) not in overlays], overlays


# The plan, known from `onstart` on.


def needed_inputs(workflow: Any) -> list[str]:
    """Return the input paths of all jobs that are to run, sorted."""
    return sorted({str(path) for job in workflow.dag.needrun_jobs() for path in job.input})


def idle_outputs(workflow: Any) -> list[str]:
    """Return the output paths of all jobs that need not run, sorted."""
    idle = (job for job in workflow.dag.jobs if not workflow.dag.needrun(job))
    return sorted({str(path) for job in idle for path in job.output})


# Rules, and how they make a file.


def wildcards_named(values: Mapping[str, str]) -> Any:
    """Return wildcards with these values, as input functions take them."""
    return Wildcards(fromdict=dict(values))


def producer_of(workflow: Any, path: str) -> Any | None:
    """Return the rule that makes a file, None for a file from outside.

    The first that matches, as the wildcard constraints let only one rule match a path.
    """
    return next((rule for rule in workflow.rules if rule.is_producer(path)), None)


def wildcards_of(rule: Any, path: str) -> Any:
    """Return the wildcards with which a rule makes a file."""
    return wildcards_named(rule.get_wildcards(path))


def inputs_of(rule: Any, wildcards: Any) -> Any:
    """Return the input files of a rule, in order; named ones are found by `get(name, [])`."""
    return rule.expand_input(wildcards)[0]


def param_of(rule: Any, name: str, wildcards: Any) -> Any:
    """Return a param of a rule, None if it has no such param; a function is called with the wildcards."""
    value = getattr(rule.params, name, None)
    return value(wildcards) if callable(value) else value


def recorded_inputs(workflow: Any, path: str) -> Recorded | None:
    """Return the inputs that Snakemake recorded when a file was made, None without a record."""
    written = workflow.persistence.metadata(IOFile(path))
    if written is None or written.input is None:
        return None
    return Recorded(tuple(written.input), written.input_checksums or {})


# The terminal.


def replace_terminal_handler(replacement: Callable[[logging.StreamHandler[TextIO]], H]) -> H | None:
    """Replace the log handler that writes to the terminal, and return the new one.

    Args:
        replacement: makes the new handler from Snakemake's.

    Returns:
        The new handler; None if Snakemake has none for the terminal, as with another logger plugin.
    """
    for handler in logger.handlers:
        if handler.name == "DefaultStreamHandler":
            new = replacement(handler)
            logger.removeHandler(handler)
            logger.addHandler(new)
            return new
    return None
