"""The undocumented parts of Snakemake in use.

Written for Snakemake 9.27 (`requirements.txt` pins 9.27.1). A new version may rename any of them without notice: after
an upgrade compare each function with Snakemake's source, and run `tests/workflow`. Rules, wildcards and jobs are typed
`Any`, as Snakemake has no public types for them.
"""

import logging
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, TextIO, TypeVar

from snakemake.common import FUNC_OVERWRITE_PARAMS_ATTR
from snakemake.io import IOFile
from snakemake.iocontainers import Wildcards
from snakemake.logging import logger
from snakemake.settings.types import DeploymentMethod

from imeval.base.errors import UserError

H = TypeVar("H", bound=logging.Handler)

VERSION = "9.27"

LOGGER: logging.Logger = logger
"""Snakemake's logger, which writes to the terminal and to `.snakemake/log`."""


PARAMETERS_OF_A_FUNCTION: str = FUNC_OVERWRITE_PARAMS_ATTR
"""The attribute in which an input function may hold its parameters by name."""


@dataclass(frozen=True)
class Recorded:
    """The recorded inputs of a result, with their checksums by path.

    Snakemake records them when a job has made the result.
    """

    inputs: tuple[str, ...]
    checksums: Mapping[str, Any]


_INPUTS_RUN = "inputs run"

_REASONS = {
    "forced": "forced",
    "output files have to be generated": "not there",
    "incomplete output files": "not finished",
    "updated input files": "inputs are newer",
    "input files updated by another job": _INPUTS_RUN,
    "set of input files has changed since last execution": "other inputs",
    "code has changed since last execution": "code changed",
    "params have changed since last execution": "settings changed",
}
"""Snakemake's reasons to run a job, in a few words."""


@dataclass(frozen=True)
class PlannedJob:
    """A job of the plan, with the names in its paths.

    `why` has the reasons to run it.
    """

    rule: str
    wildcards: Mapping[str, str]
    why: tuple[str, ...] = ()


@contextmanager
def bare_sentences() -> Iterator[None]:
    """End the process with nothing but a user's error.

    Snakemake would print the lines of the Snakefile around it.
    """
    try:
        yield
    except UserError as error:
        sys.exit("\n".join(f"imeval: {line}" for line in str(error).splitlines()))


# The command line.


def named_on_command_line(*names: str) -> bool:
    """Return whether the command line has one of these names.

    While the Snakefile is read, Snakemake does not know its targets yet, so only the command line can show them.
    """
    return not set(names).isdisjoint(sys.argv)


def words_on_command_line() -> list[str]:
    """Return the words of the command line that are no options.

    These are targets, and values of options.
    """
    return [word for word in sys.argv[1:] if not word.startswith("-")]


def python_of(workflow: Any) -> str:
    """Return the Python of rules' shell commands.

    With conda it is that of the rule's environment, else this one.
    """
    return "python" if uses_conda(workflow) else sys.executable


def targets(workflow: Any) -> frozenset[str]:
    """Return the targets of the run, "all" if none is named.

    They are known once planning begins.
    """
    return frozenset(workflow.dag_settings.targets or {"all"})


def is_dry_run(workflow: Any) -> bool:
    """Return whether this is a dry run (`-n`)."""
    return bool(workflow.output_settings.dryrun)


def only_shows() -> bool:
    """Return whether the command line asks to show something, as --lint does.

    A dry run is none of these.
    """
    shown = {"--lint", "-l", "--list", "--list-rules", "--rulegraph", "--filegraph", "--dag", "--d3dag", "--summary"}
    shown |= {"-S", "-D", "--detailed-summary", "--report", "--unlock", "--cleanup-metadata", "--list-changes"}
    return not shown.isdisjoint(word.split("=")[0] for word in sys.argv)


def is_verbose(workflow: Any) -> bool:
    """Return whether `--verbose` is given."""
    return bool(workflow.output_settings.verbose)


def is_main_process(workflow: Any) -> bool:
    """Return whether this process plans the run.

    The process of a job reads the Snakefile as well.
    """
    return bool(workflow.is_main_process)


def runs_jobs_here(workflow: Any) -> bool:
    """Return whether jobs run on this machine."""
    return bool(workflow.local_exec)


def uses_conda(workflow: Any) -> bool:
    """Return whether rules run in conda environments."""
    return DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method


def config_files(workflow: Any) -> tuple[list[str], list[str]]:
    """Return the Snakefile's configuration files, and those of `--configfile`.

    Snakemake merges the latter over the former, though `workflow.configfiles` lists them first.
    """
    overlays = [str(path) for path in workflow.config_settings.configfiles]
    return [str(path) for path in workflow.configfiles if str(path) not in overlays], overlays


def config_of_command_line(workflow: Any) -> dict[str, Any]:
    """Return the settings of `--config`."""
    return dict(workflow.config_settings.config)


# The time of planning.


def look_once_for_scripts() -> None:
    """Make Snakemake look once for the script of each rule.

    It would read the script for every job, and take its path apart three times: a fifth of the time of planning.
    """
    # Imported late: the modules of Snakemake import each other, and only Snakemake knows where to begin.
    from snakemake import sourcecache
    from snakemake.dag import ScriptProcessor

    look = ScriptProcessor.process_job
    found = set()

    def process_job(processor: Any, job: Any) -> None:
        # Notebooks have another processor.
        script = (processor.script_type, job.rule.name)
        if script not in found:
            look(processor, job)
            found.add(script)

    ScriptProcessor.process_job = process_job
    sourcecache.parse_uri = cache(sourcecache.parse_uri)


def check_each_group_once() -> None:
    """Make Snakemake check each group of jobs once.

    From every job of a group it would follow all dependencies, and do so again for each job that the group has. With
    512 shards of a model that is loaded once, this takes ten times as long as all other planning.
    """
    from snakemake.dag import DAG

    check = DAG._check_groups

    def check_groups(dag: Any) -> None:
        groups = {id(group): group for group in dag._group.values()}
        if any(is_entered_again(group, dag._dependencies) for group in groups.values()):
            # This one raises, and names the jobs.
            check(dag)

    DAG._check_groups = check_groups


def is_entered_again(group: Collection[Any], dependencies: Mapping[Any, Iterable[Any]]) -> bool:
    """Return whether dependencies leave a group and come back.

    `dependencies` has the jobs that each job needs.
    """
    waiting = [needed for job in group for needed in dependencies[job] if needed not in group]
    seen = set()
    while waiting:
        job = waiting.pop()
        if job in group:
            return True
        if job not in seen:
            seen.add(job)
            waiting += dependencies[job]
    return False


# The jobs of a run.


def most_of_models(workflow: Any) -> int | None:
    """Return how many processes run models at once.

    None stands for a process for each job, as on a cluster and with conda.
    """
    # A dry run has its own executor. But only the profile of a cluster has a number of jobs (`jobs`).
    if workflow.resource_settings.nodes is not None or uses_conda(workflow):
        return None
    limit = workflow.global_resources.get("gpu")
    return max(1, int(getattr(limit, "value", limit) or 1))


# The plan, known from `onstart` on.


def planned_jobs(workflow: Any) -> list[PlannedJob]:
    """Return the jobs that will run."""
    return [_job(job, workflow.dag.reason(job).get_names()) for job in workflow.dag.needrun_jobs()]


def idle_jobs(workflow: Any) -> list[PlannedJob]:
    """Return the jobs that need not run."""
    return [_job(job) for job in workflow.dag.jobs if not workflow.dag.needrun(job)]


def _job(job: Any, reasons: Iterable[str] = ()) -> PlannedJob:
    why = [_REASONS.get(reason, reason) for reason in reasons]
    # That its inputs run is a reason only where there is no other.
    first = [reason for reason in why if reason != _INPUTS_RUN] or why
    return PlannedJob(job.rule.name, dict(job.wildcards_dict), tuple(first))


def rule_names(workflow: Any) -> list[str]:
    """Return the names of the rules in their order."""
    return [rule.name for rule in workflow.rules]


def needed_inputs(workflow: Any) -> list[str]:
    """Return the inputs of jobs that will run."""
    return sorted({str(path) for job in workflow.dag.needrun_jobs() for path in job.input})


def needed_outputs(workflow: Any) -> list[str]:
    """Return the outputs of jobs that will run."""
    return sorted({str(path) for job in workflow.dag.needrun_jobs() for path in job.output})


def idle_outputs(workflow: Any) -> list[str]:
    """Return the outputs of jobs that need not run."""
    idle = (job for job in workflow.dag.jobs if not workflow.dag.needrun(job))
    return sorted({str(path) for job in idle for path in job.output})


# Rules and the files that they make.


def wildcards_named(values: Mapping[str, str]) -> Any:
    """Return wildcards for an input function."""
    return Wildcards(fromdict=dict(values))


def producer_of(workflow: Any, path: str) -> Any | None:
    """Return the rule that makes a file, if any.

    It is the first that matches, as the wildcard constraints let only one rule match a path.
    """
    return next((rule for rule in workflow.rules if rule.is_producer(path)), None)


def wildcards_of(rule: Any, path: str) -> Any:
    """Return a rule's wildcards for a file."""
    return wildcards_named(rule.get_wildcards(path))


def inputs_of(rule: Any, wildcards: Any) -> Any:
    """Return a rule's input files in order, named ones by `get(name, [])`."""
    return rule.expand_input(wildcards)[0]


def param_of(rule: Any, name: str, wildcards: Any) -> Any:
    """Return a rule's param, if any; a function gets the wildcards."""
    value = getattr(rule.params, name, None)
    return value(wildcards) if callable(value) else value


def recorded_inputs(workflow: Any, path: str) -> Recorded | None:
    """Return the recorded inputs of a file, if any."""
    written = workflow.persistence.metadata(IOFile(path))
    if written is None or written.input is None:
        return None
    return Recorded(tuple(written.input), written.input_checksums or {})


# The terminal.


def replace_terminal_handler(replacement: Callable[[logging.StreamHandler[TextIO]], H]) -> H | None:
    """Replace Snakemake's log handler for the terminal.

    Args:
        replacement: makes the new handler from Snakemake's.

    Returns:
        The new handler; None if Snakemake has none for the terminal, as with another logger plugin.
    """
    for handler in logger.handlers:
        if handler.name == "DefaultStreamHandler":
            new = replacement(handler)
            # A library may give the root logger a handler of its own, which would write every message again.
            logger.propagate = False
            logger.removeHandler(handler)
            logger.addHandler(new)
            return new
    return None


def shorten_errors_of_users() -> None:
    """Make the terminal show a user's error in an input function alone.

    Snakemake would show the rule, its wildcards and a traceback around it. Its log keeps them.
    """
    for handler in logger.handlers:
        if handler.name == "DefaultStreamHandler":
            handler.setFormatter(_ErrorsOfUsers(handler.formatter or logging.Formatter()))


class _ErrorsOfUsers(logging.Formatter):
    """Writes what another formatter does, but a user's error as its sentences."""

    def __init__(self, others: logging.Formatter) -> None:
        super().__init__()
        self._others = others

    def format(self, record: logging.LogRecord) -> str:
        return bare_error(self._others.format(record))


_ERROR_IN_INPUT_FUNCTION = re.compile(
    r"InputFunctionException .*?\n *UserErrors?: (?P<sentences>.*?)\nWildcards:.*", re.DOTALL
)


def bare_error(message: str) -> str:
    """Return the sentences of a user's error in an input function.

    Any other message stays as it is.
    """
    found = _ERROR_IN_INPUT_FUNCTION.fullmatch(message)
    return "\n".join(f"imeval: {line}" for line in found["sentences"].splitlines()) if found else message
