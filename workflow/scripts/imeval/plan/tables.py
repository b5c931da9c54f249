"""The tasks, and which models fill which table."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imeval.base.errors import UserError, mistake
from imeval.base.suggestions import did_you_mean
from imeval.labels.selection import BY_LABEL_SET, named_label_sets
from imeval.plan import across, discovery
from imeval.plan.backends import BACKENDS, WITHOUT_A_MODULE
from imeval.plan.places import listing_files
from imeval.plan.revisions import unrevised
from imeval.tables.layout import Layout

Config = Mapping[str, Any]
Settings = Mapping[str, Any]

TEMPLATES = ("none", "simple", "openai")


ORIGINAL = "original"
"""The label set of the labels that images came with."""

Rows = tuple[tuple[str, str], ...]
"""Models with their tasks, a row of a table each."""


@dataclass(frozen=True)
class Plan:
    """The images, labels, models and tasks that fill a table."""

    image_set: str
    labels: str
    rows: Rows

    @property
    def models(self) -> tuple[str, ...]:
        """Return the models of the rows, in order."""
        return tuple(dict.fromkeys(model for model, _ in self.rows))

    def tasks(self, model: str) -> tuple[str, ...]:
        """Return the tasks of a model's rows."""
        return tuple(task for other, task in self.rows if other == model)


def expanded_tasks(config: Config) -> dict[str, dict[str, Any]]:
    """Return the settings of every task and variant.

    A variant, `<task>.<variant>` such as `cw.batch_5`, has its task's settings under its own, and the task's name as
    `base`. A task that maps every answer by embedding has a variant for each encoder and templates, such as
    `ow.sbert-openai`, which maps the task's answers.
    """
    expanded: dict[str, dict[str, Any]] = {}
    for name, settings in config["tasks"].items():
        task = {key: value for key, value in settings.items() if key != "variants"} | {"base": name}
        expanded[name] = task
        for variant, changes in settings.get("variants", {}).items():
            expanded[f"{name}.{variant}"] = task | changes
        if settings["mapping"] == "embedding":
            expanded |= {
                f"{name}.{encoder}-{templates}": task
                | {"answers_of": name, "encoder": encoder, "templates": templates, "title": entry["title"]}
                for encoder, entry in config["encoders"].items()
                for templates in TEMPLATES
            }
    return expanded


def table_plan(config: Config, name: str, with_classes: Collection[str] = ()) -> Plan:
    """Return what fills a table.

    Args:
        config: the configuration.
        name: the table.
        with_classes: the imported models whose files hold class ids, not texts.

    Raises:
        UserError: no such table, a label file that is not there, or no model of the run that can fill the table; the
            message lists what each model lacks.
    """
    if name not in config["tables"]:
        raise UserError(f"tables: no entry '{name}'; {did_you_mean(name, config['tables'])}")
    table = config["tables"][name]
    # The schema has refused layouts that there are not.
    layout = discovery.layouts()[table["layout"]]
    if layout.compares:
        return _plan_of_compared(config, name, with_classes)
    image_set, labels = (table.get(key, config["run"][key]) for key in ("image_set", "labels"))
    _check_files(config, name, [(image_set, labels), *beside(config, table), *_others(table, image_set)])
    tasks = _tasks(config, table) if "tasks" in table else {}
    if config["label_sets"][labels].get("kind") == "original":
        tasks = _without_other_labels(name, tasks, layout)
    pictures = "source" in config["image_sets"][image_set]
    rows = () if layout.models == "none" else _rows(config, name, tasks, with_classes, pictures=pictures)
    return Plan(image_set, labels, rows)


def fillable(config: Config, names: list[str], with_classes: Collection[str] = ()) -> tuple[list[str], list[UserError]]:
    """Return fillable tables, and what the others lack.

    `with_classes` is as in `table_plan`.
    """
    able: list[str] = []
    problems: list[UserError] = []
    for name in names:
        try:
            table_plan(config, name, with_classes)
        except UserError as error:
            problems.append(error)
        else:
            able.append(name)
    return able, problems


def registry_problems(config: Config) -> Iterator[tuple[tuple[str, ...], str, str, str]]:
    """Yield each unknown name with its keys, registry and nearest name.

    The names are those in tables, in the models' files and in the settings of multiple choice.
    """
    registries = {**config, "tasks": expanded_tasks(config)}
    for keys, registry, name in _names(config):
        if name not in registries[registry]:
            yield keys, registry, name, did_you_mean(name, registries[registry])


def _names(config: Config) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Yield every name that must be in a registry."""
    for table, entry in config["tables"].items():
        for keys, place in ((("tables", table), entry), (("tables", table, "beside"), entry.get("beside", {}))):
            for key, registry in (("image_set", "image_sets"), ("labels", "label_sets")):
                if key in place:
                    yield (*keys, key), registry, place[key]
        if "slices" in entry:
            yield ("tables", table, "slices"), "slices", entry["slices"]
        if "of" in entry:
            yield ("tables", table, "of"), "tables", entry["of"]
        for registry in ("tasks", "models", "encoders", "label_sets", "image_sets"):
            for name in entry.get(registry, []):
                yield ("tables", table, registry), registry, name
    for name, model in config["models"].items():
        for task in model.get("files", {}):
            yield ("models", name, "files", task), "tasks", task
    settings = config["multiple_choice"]
    yield ("multiple_choice", "confusions", "model"), "models", settings["confusions"]["model"]
    yield ("multiple_choice", "confusions", "image_set"), "image_sets", settings["confusions"]["image_set"]
    yield ("multiple_choice", "confbert", "encoder"), "encoders", settings["confbert"]["encoder"]


def second(table: Settings) -> list[tuple[str, str]]:
    """Return the second images and labels of a table, if any."""
    return [(table["beside"]["image_set"], table["beside"]["labels"])] if "beside" in table else []


def beside(config: Config, table: Settings) -> list[tuple[str, str]]:
    """Return the images and labels beside a table's own."""
    own = table.get("image_set", config["run"]["image_set"])
    return [*second(table), *((name, ORIGINAL) for name in across.places(config, table, own))]


def _others(table: Settings, image_set: str) -> list[tuple[str, str]]:
    return [(image_set, labels) for labels in table.get("label_sets", [])]


def _check_files(config: Config, name: str, places: list[tuple[str, str]]) -> None:
    """Check that the files behind a table's images and labels are there."""
    for image_set, labels in places:
        entry = config["image_sets"][image_set]
        for key, path in listing_files(entry).items():
            if not Path(path).is_file():
                remedy = f"put it there, or set image_sets.{image_set}.{key} to where it is"
                raise mistake(f"tables.{name}", "image_set", f"the file {path}", "none", remedy)
        # The files that select its images may be label files too.
        for label_set in (labels, *named_label_sets(entry.get("selection", {}), *BY_LABEL_SET)):
            path = config["label_sets"][unrevised(label_set)].get("path")
            if path and not Path(path).is_file():
                remedy = f"put it there, or set label_sets.{label_set}.path to where it is"
                raise mistake(f"tables.{name}", "labels", f"the file {path}", "none", remedy)


def _plan_of_compared(config: Config, name: str, with_classes: Collection[str]) -> Plan:
    """Return the plan of the compared table."""
    plan = table_plan(config, config["tables"][name]["of"], with_classes)
    # Rows, not models: two tasks of one model can be compared too.
    if len(plan.rows) < 2:
        remedy = "add a model to run.models"
        raise mistake(f"tables.{name}", "models", "two models or tasks to compare", len(plan.rows), remedy)
    return plan


def _without_other_labels(name: str, tasks: Mapping[str, Settings], layout: Layout) -> dict[str, Settings]:
    """Return the tasks of a table that offer the original labels alone.

    Raises:
        UserError: the table, or each of its tasks, is about other labels.
    """
    able = {task: settings for task, settings in tasks.items() if "regt" not in settings.get("offered", [])}
    if layout.relabelled or (tasks and not able):
        remedy = "name a label set with other labels in run.labels"
        raise mistake(f"tables.{name}", "labels", "others than the original ones", "none", remedy)
    return able


def _rows(
    config: Config, name: str, tasks: Mapping[str, Settings], with_classes: Collection[str], *, pictures: bool
) -> Rows:
    table = config["tables"][name]
    layout = discovery.layouts()[table["layout"]]
    rows: list[tuple[str, str]] = []
    lacking: dict[str, str] = {}
    models = table.get("models", config["run"]["models"])
    for model in models:
        entry = config["models"][model]
        able, reasons = _able(entry, tasks, layout, texts=model not in with_classes)
        if able and "image_sets" in table and entry["backend"] == "imported":
            able, reasons = [], ["has predictions of one image set"]
        if able and not pictures and entry["backend"] not in WITHOUT_A_MODULE:
            able, reasons = [], ["needs pictures, and its image set has none"]
        rows += [(model, task) for task in able]
        # A table without tasks describes models, and has no rows of their answers.
        if reasons and not able:
            lacking[model] = "; ".join(reasons)
    if len(lacking) == len(models):
        expected = f"a model for {', '.join(tasks)}" if tasks else "a multimodal LLM"
        found = "; ".join(f"{model} {reason}" for model, reason in lacking.items()) or "none"
        raise mistake(f"tables.{name}", "models", expected, found, "add a model that can to run.models")
    return tuple(rows)


def _tasks(config: Config, table: Settings) -> dict[str, Settings]:
    """Return the tasks of a table, by name."""
    names = table["tasks"]
    if "encoders" in table:
        # A table over text encoders has a variant of each task for every encoder and templates.
        names = [
            f"{task}.{encoder}-{templates}"
            for task in names
            for encoder in table["encoders"]
            for templates in table["templates"]
        ]
    # Expanded once a table, not once a model: a run plans its tables often.
    tasks = expanded_tasks(config)
    return {name: tasks[name] for name in names}


def _able(
    entry: Settings, tasks: Mapping[str, Settings], layout: Layout, *, texts: bool
) -> tuple[list[str], list[str]]:
    """Return a table's tasks a model can do.

    What it lacks for the others comes second. `texts` is whether the files of an imported model hold texts.
    """
    if entry["group"] != "mllm" and layout.models == "mllm":
        return [], ["is no mllm"]
    if entry["group"] == "labels" and layout.models == "no labels":
        return [], ["is no model"]
    reasons = {name: _reason(entry, name, task, texts=texts) for name, task in tasks.items()}
    able = [task for task, reason in reasons.items() if reason is None]
    # Rows that compare settings are of no use without each other.
    if layout.every_task and len(able) < len(reasons):
        able = []
    return able, list(dict.fromkeys(reason for reason in reasons.values() if reason))


def _reason(entry: Settings, name: str, task: Settings, *, texts: bool) -> str | None:
    """Return why a model cannot do a task."""
    if not {name, task["base"]} & set(entry["tasks"]):
        return f"has no {task['base']} among its tasks"
    # Classifiers know the classes of the prompt alone: they do the closed world.
    if entry["group"] != "mllm":
        return None if name == "cw" else "answers cw alone"
    if entry["backend"] == "imported":
        # A file of answers serves every text encoder that maps them, one of class ids has been mapped already.
        needed = task.get("answers_of", name) if texts else name
        return None if {name, needed} & set(entry["files"]) else f"has no files.{needed}"
    most = 1 if BACKENDS[entry["backend"]].one_image else entry.get("max_images_per_request")
    if most is not None and task.get("images_per_request", 1) > most:
        return "takes one image a request" if most == 1 else f"takes at most {most} images a request"
    return None
