# What the input functions of several stages share: path helpers, registry entries and code hashes; no rules.

import os
import platform
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from snakemake.exceptions import WorkflowError

from imeval import models
from imeval.base import shards as shard_names
from imeval.plan import configuration
from imeval.plan.schema import read_schemas
from imeval.plan import resources as demands
from imeval.plan import tables as protocols
from imeval.base.errors import UserError, did_you_mean, mistake
from imeval.base.files import date_back, hold, sha256
from imeval.provenance.code import code_hash

# Files given on the command line are laid over those of the Snakefile, though listed before them.
OVERLAYS = [str(path) for path in workflow.config_settings.configfiles]
CONFIG_FILES = [str(path) for path in workflow.configfiles if str(path) not in OVERLAYS] + OVERLAYS
# A check lists in its table what any other run refuses here: a file that is not there. Snakemake tells the targets later.
CHECKING = "check" in sys.argv
SCHEMAS = read_schemas(Path(workflow.basedir, "config/schemas"))
try:
    configuration.check(config, SCHEMAS, CONFIG_FILES, files_may_lack=CHECKING)
    IMPORTED = configuration.imported(config, files_may_lack=CHECKING)
except UserError as error:
    raise WorkflowError(str(error)) from None

# Every job finds weights of the model hub there, unless the user has named another folder.
os.environ.setdefault("HF_HUB_CACHE", str(Path("results/downloads/hub").resolve()))

RUN = config["run"]
CLUSTER = demands.Cluster(**config["cluster"])
REGISTRIES = config | {"tasks": protocols.expanded_tasks(config)}
OBSTACLES = configuration.obstacles(config)
for obstacle in OBSTACLES:
    print(f"imeval: {obstacle}", file=sys.stderr)


# How the stage asks a chat model, which the model itself is not told.
ASKING = {"images_per_request", "answer_format", "max_retries_alone", "prompt"}

# How neighbours vote, once images are embedded.
VOTE = {"neighbours", "vote", "temperature"}

# Keys that change nothing a model puts out, or that a stage is told apart: rewording a title runs no model again.
NEVER_CHANGE_AN_OUTPUT = (
    ASKING
    | VOTE
    | {
        "gallery",
        "title",
        "group",
        "backend",
        "tasks",
        "parameters",
        "encoder",
        "templates",
        "vision_backbone",
        "language_model",
    }
)


wildcard_constraints:
    shard=shard_names.PATTERN,
    image_set="[^/]+",
    labels="[^/]+",
    task="[^/]+",
    model="[^/]+",
    encoder="[^/-]+",
    templates="none|simple|openai",


def begin() -> None:
    """Stop a run that cannot succeed before its first job; not a dry run or a look at what is there, which make nothing."""
    targets = set(workflow.dag_settings.targets or {"all"})
    if targets <= {"check", "trace"}:
        return
    if OBSTACLES and targets != {"fetch"}:
        raise WorkflowError("\n".join(OBSTACLES))
    for folder in ("results", ".snakemake"):
        require_room(folder)
    hold_folder()
    mind_the_clock()


def require_room(folder: str) -> None:
    """Stop a run that has no room to write in a folder, or no right to: Snakemake itself would fail less clearly."""
    try:
        Path(folder).mkdir(exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(bytes(1 << 20))
    except OSError as error:
        remedy = "make room or mend its permissions, and run the same command again"
        raise WorkflowError(str(mistake(folder, "folder", "one to write to", error.strerror, remedy))) from None


# Snakemake looks at the results that are there before a run begins, and says less of what is wrong with them.
if Path("results").is_dir() and not (workflow.output_settings.dryrun or {"check", "trace"}.intersection(sys.argv)):
    require_room("results")


LOCK = Path(".snakemake/run.lock")
HELD = []


def hold_folder() -> None:
    """Stop a run that is not alone in its folder; hold the folder until this one ends, and clear a killed one's scripts."""
    HELD.append(LOCK.open("a"))
    try:
        hold(HELD[0])
    except BlockingIOError:
        found, remedy = LOCK.read_text().strip(), "wait for its end, or end it"
        raise WorkflowError(str(mistake(Path.cwd(), "run", "no other in this folder", found, remedy))) from None
    HELD[0].truncate(0)
    print(f"process {os.getpid()} on {platform.node()}", file=HELD[0], flush=True)
    # A job on a cluster may have outlived its run, and removes its script itself.
    for script in Path(".snakemake/scripts").glob("tmp*") if workflow.local_exec else ():
        script.unlink(missing_ok=True)


def mind_the_clock() -> None:
    """Date results of the future back before a job takes them: Snakemake takes what is made of them for out of date."""
    now = time.time()
    inputs = {str(path) for job in workflow.dag.needrun_jobs() for path in job.input if Path(path).exists()}
    ahead = sorted(path for path in inputs if Path(path).stat().st_mtime > now)
    for path in ahead:
        # A file server's clock may be a little ahead of this one.
        if Path(path).parts[0] != "results" and Path(path).stat().st_mtime > now + 60:
            remedy = "if the clock was set back, touch the file and run the same command again"
            raise WorkflowError(str(mistake(path, "time of change", "one in the past", "one in the future", remedy)))
    if ahead:
        date_back("results")


def entry(registry: str, name: str) -> dict:
    """Return a registry's entry; a target may name one that is not there."""
    if name not in REGISTRIES[registry]:
        raise WorkflowError(f"{registry}: no entry '{name}'; {did_you_mean(name, REGISTRIES[registry])}")
    return REGISTRIES[registry][name]


def code(script: str, *backends: str) -> str:
    """Return the hash of a stage's code: a param, so that a change of it and nothing else reruns the stage."""
    return code_hash(SCRIPTS / script, backends)


def backend_code(script: str, kind: str, backend: str) -> str:
    """Return the hash of a stage's code with that of the backend it loads by name; a dry run may name any."""
    found = models.module_name(backend)
    return code(script, *([found] if found else []))


def contents(*paths: str) -> list[str]:
    """Return the hashes of the user's files: a param, as their times do not tell of an older file, or a clock set back."""
    return [content(path) for path in paths if Path(path).is_file()]


@cache
def content(path: str) -> str:
    """Return the hash of a file, read once a run."""
    return sha256(path)


def subject(image_set: str) -> str:
    """Return what the numbers of an image set are of."""
    return entry("image_sets", image_set)["title"]


def renamed_classes(image_set: str) -> dict[str, str]:
    """Return the class names of an image set that are its own, by class id (Tables 8 and 9)."""
    return entry("image_sets", image_set).get("class_names", {})


def shards(image_set: str) -> list[str]:
    """Return the names of an image set's shards, in order."""
    return shard_names.all_names(entry("image_sets", image_set).get("shards", 1))


def shard_files(image_set: str) -> list[str]:
    """Return the photographs of an image set."""
    return [f"results/images/{image_set}/{shard}.parquet" for shard in shards(image_set)]


def sharded(pattern: str, wildcards) -> list[str]:
    """Return a pattern's file for every shard of the image set."""
    return [pattern.format(**(dict(wildcards.items()) | {"shard": shard})) for shard in shards(wildcards.image_set)]


def model(wildcards) -> dict:
    """Return the entry of the model that the wildcards name."""
    return entry("models", wildcards.model)


def one_of(names: Iterable[str]) -> str:
    """Return a wildcard constraint that these names alone match."""
    return "|".join(names) or "(?!)"


def of_backends(*backends: str) -> str:
    """Return a wildcard constraint: the models of these backends."""
    return one_of(name for name, entry in config["models"].items() if entry["backend"] in backends)


CHATS = of_backends("socratic", "transformers", "openai", "served")
MULTIPLE_CHOICE = one_of(name for name, task in REGISTRIES["tasks"].items() if "distractors" in task)


def computing(registry: str, name: str) -> dict:
    """Return an entry without the keys that change no number, with its weights' path and how it computes."""
    settings = {key: value for key, value in entry(registry, name).items() if key not in NEVER_CHANGE_AN_OUTPUT}
    weights = settings.pop("weights", {})
    if weights:
        settings |= {"weights": weights_path(weights), "revision": weights.get("revision")}
    return settings | config["compute"]


def weights_inputs(weights: dict) -> list[str]:
    """Return the download that weights come from, if they come from one: a package, or the manifest of a repository."""
    if "hub" in weights:
        return ["results/downloads/hub/{hub}/{revision}.json".format(**weights)]
    return [f"results/downloads/{weights['download']}"] if "download" in weights else []


def weights_path(weights: dict) -> str:
    """Return where weights lie, or their repository on the model hub."""
    if "download" in weights:
        return f"results/downloads/{weights['download']}/{weights['file']}"
    return weights.get("path") or weights["hub"]


def responses(wildcards) -> list[str]:
    """Return the responses that a task maps: its own, or those of the task it takes its answers from."""
    task = entry("tasks", wildcards.task).get("answers_of", wildcards.task)
    folder = f"{wildcards.image_set}/{task}/{wildcards.model}"
    return response_files(folder, wildcards.image_set, wildcards.model)


def response_files(folder: str, image_set: str, name: str) -> list[str]:
    """Return a model's files of responses in a folder, one a shard, or the one that was imported."""
    names = ["imported"] if entry("models", name)["backend"] == "imported" else shards(image_set)
    return [f"results/responses/{folder}/{name}.parquet" for name in names]


def predictions(wildcards) -> str:
    """Return the predictions of a model and task; those of multiple choice depend on the labels that were offered."""
    offered = "distractors" in entry("tasks", wildcards.task) and wildcards.model not in IMPORTED.with_classes
    labels = f"{wildcards.labels}/" if offered else ""
    return f"results/predictions/{wildcards.image_set}/{labels}{wildcards.task}/{wildcards.model}.parquet"


def table_plan(name: str) -> protocols.Plan:
    """Return what fills a table."""
    try:
        return protocols.table_plan(config, name)
    except UserError as error:
        raise WorkflowError(str(error)) from None


def table_metrics(wildcards) -> list[str]:
    """Return the metrics of every model and task of a table, in its order."""
    plan = table_plan(wildcards.table)
    return [f"results/metrics/{plan.image_set}/{plan.labels}/{task}/{name}.parquet" for name, task in plan.rows]


def best_task_by(wildcards) -> str | None:
    """Return the labels by which a table shows the best task of each model, or None if it shows all."""
    shows_best = entry("tables", wildcards.table)["layout"] == "recognition"
    return config["scoring"]["best_task_by"] if shows_best else None


def table_labels(wildcards) -> str:
    """Return the labels that a table's images are counted by."""
    plan = table_plan(wildcards.table)
    return f"results/labels/{plan.image_set}/{plan.labels}.parquet"


def behind_api(name: str) -> bool:
    """Return whether a model is asked over the network: no GPU, no weights, but a price."""
    return entry("models", name)["backend"] == "openai"


def demand(settings: dict, work: demands.Work) -> demands.Demand:
    """Return what a job with a model's or an encoder's weights asks of a cluster."""
    return demands.estimate(settings, config["compute"]["device"], work, CLUSTER)


def image_demand(wildcards) -> demands.Demand:
    """Return what a model asks of a cluster to look at a shard of images once."""
    return demand(model(wildcards), demands.shard(entry("image_sets", wildcards.image_set)))


def asked_of_cluster(estimate: Callable) -> dict[str, Callable]:
    """Return the resources of a rule from the estimate of one job; locally only `gpu` counts, as one model at a time."""

    def asked(key: str) -> Callable:
        return lambda wildcards, attempt: getattr(demands.retried(estimate(wildcards), attempt, CLUSTER), key)

    return {"gpu": asked("gpus"), "mem_mb": asked("mem_mb"), "runtime": asked("runtime")}
