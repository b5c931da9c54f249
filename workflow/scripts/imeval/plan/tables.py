"""Which tasks there are, and which models of a run fill which table with which of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imeval.base.errors import UserError, did_you_mean, mistake

Config = Mapping[str, Any]

TEMPLATES = ("none", "simple", "openai")

_ONE_IMAGE_A_REQUEST = frozenset({"socratic"})
_NEVER_REPEATED = frozenset({"socratic", "transformers"})
"""Backends that decode greedily where they run: every run would give the same answers."""

_WITHOUT_MODELS = frozenset({"categories", "category_counts", "model_details"})
_OF_EVERY_GROUP = frozenset({"recognition", "expert_labels", "class_recall"})
_WHATEVER_THERE_IS = frozenset({*_WITHOUT_MODELS, "recognition", "tasks", "out_of_prompt"})
"""Layouts that are as meaningful over no model of a group: they say so."""

_COMPARISONS = frozenset({"variants", "orders", "positions", "oop_mapping"})
"""Layouts that list a model only if it does all of the table's tasks."""


@dataclass(frozen=True)
class Plan:
    """What a table is filled with: which images under which labels, and the tasks of its models, in its order."""

    image_set: str
    labels: str
    rows: tuple[tuple[str, str], ...]

    @property
    def models(self) -> tuple[str, ...]:
        """The models with a row, in their order."""
        return tuple(dict.fromkeys(model for model, _ in self.rows))

    def tasks(self, model: str) -> tuple[str, ...]:
        """The tasks of a model's rows, in their order."""
        return tuple(task for other, task in self.rows if other == model)


def expanded_tasks(config: Config) -> dict[str, dict[str, Any]]:
    """Return the settings of every task, of every variant as `<task>.<variant>`, and of every text encoder.

    A variant has its task's settings under its own, and the task's name as `base`. A task that maps every answer by
    embedding has a variant for each encoder and templates, such as `ow.sbert-openai`, which maps the task's answers.
    """
    expanded: dict[str, dict[str, Any]] = {}
    for name, settings in config["tasks"].items():
        own = {key: value for key, value in settings.items() if key != "variants"} | {"base": name}
        expanded[name] = own
        for variant, changes in settings.get("variants", {}).items():
            expanded[f"{name}.{variant}"] = own | changes
        if settings["mapping"] == "embedding":
            expanded |= {
                f"{name}.{encoder}-{templates}": own
                | {"answers_of": name, "encoder": encoder, "templates": templates, "title": entry["title"]}
                for encoder, entry in config["encoders"].items()
                for templates in TEMPLATES
            }
    return expanded


def runs(task: Mapping[str, Any], backend: str) -> int:
    """Return how often everything is asked in a task: of models that decode greedily here once."""
    return 1 if backend in _NEVER_REPEATED else int(task.get("runs", 1))


def table_plan(config: Config, name: str) -> Plan:
    """Decide what fills a table.

    Raises:
        UserError: no such table, or no model of the run can fill it; says what each of them lacks.
    """
    if name not in config["tables"]:
        raise UserError(f"tables: no entry '{name}'; {did_you_mean(name, config['tables'])}")
    table = config["tables"][name]
    if table["layout"] == "comparisons":
        return _compared(config, name)
    image_set, labels = (table.get(key, config["run"][key]) for key in ("image_set", "labels"))
    _check_label_files(config, name, [(image_set, labels), *_beside(table)])
    if table["layout"] in _WITHOUT_MODELS:
        return Plan(image_set, labels, ())
    models = table.get("models", config["run"]["models"])
    lacking: dict[str, str] = {}
    rows: list[tuple[str, str]] = []
    for model in models:
        able, reasons = _able(config, table, model)
        rows += [(model, task) for task in able]
        if not able:
            lacking[model] = "; ".join(reasons)
    if not rows and table["layout"] not in _WHATEVER_THERE_IS:
        expected = f"a model for {', '.join(_tasks(config, table))}"
        found = "; ".join(f"{model} {reason}" for model, reason in lacking.items())
        raise mistake(f"tables.{name}", "models", expected, found, "add a model that can to run.models")
    return Plan(image_set, labels, tuple(rows))


def _beside(table: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(table["beside"]["image_set"], table["beside"]["labels"])] if "beside" in table else []


def _check_label_files(config: Config, name: str, places: list[tuple[str, str]]) -> None:
    """Refuse a table whose label files, or those that select its images, are not there."""
    for image_set, labels in places:
        selection = config["image_sets"][image_set].get("selection", {})
        for label_set in (labels, *(selection[key] for key in ("classes_of", "images_of") if key in selection)):
            path = config["label_sets"][label_set].get("path")
            if path and not Path(path).is_file():
                remedy = f"put it there, or set label_sets.{label_set}.path to where it is"
                raise mistake(f"tables.{name}", "labels", f"the file {path}", "none", remedy)


def _compared(config: Config, name: str) -> Plan:
    """Return the plan of the table whose rows are compared; there must be two."""
    plan = table_plan(config, config["tables"][name]["of"])
    if len(plan.rows) < 2:
        remedy = "add a model to run.models"
        raise mistake(f"tables.{name}", "models", "two models or tasks to compare", len(plan.rows), remedy)
    return plan


def fillable(config: Config, names: list[str]) -> tuple[list[str], list[UserError]]:
    """Return those tables that the run's models can fill, and for each of the others what it lacks."""
    able: list[str] = []
    problems: list[UserError] = []
    for name in names:
        try:
            table_plan(config, name)
        except UserError as error:
            problems.append(error)
        else:
            able.append(name)
    return able, problems


def registry_problems(config: Config) -> Iterator[tuple[tuple[str, ...], str, str, str]]:
    """Yield every name of tables, multiple choice and files that is in no registry: keys, registry, name, nearest."""
    registries = {**config, "tasks": expanded_tasks(config)}
    for keys, registry, name in _names(config):
        if name not in registries[registry]:
            yield keys, registry, name, did_you_mean(name, registries[registry])


def _names(config: Config) -> Iterator[tuple[tuple[str, ...], str, str]]:
    for table, entry in config["tables"].items():
        for keys, place in ((("tables", table), entry), (("tables", table, "beside"), entry.get("beside", {}))):
            for key, registry in (("image_set", "image_sets"), ("labels", "label_sets")):
                if key in place:
                    yield (*keys, key), registry, place[key]
        if "of" in entry:
            yield ("tables", table, "of"), "tables", entry["of"]
        for registry in ("tasks", "models", "encoders"):
            for name in entry.get(registry, []):
                yield ("tables", table, registry), registry, name
    for name, model in config["models"].items():
        for task in model.get("files", {}):
            yield ("models", name, "files", task), "tasks", task
    settings = config["multiple_choice"]
    yield ("multiple_choice", "confusions", "model"), "models", settings["confusions"]["model"]
    yield ("multiple_choice", "confusions", "image_set"), "image_sets", settings["confusions"]["image_set"]
    yield ("multiple_choice", "confbert", "encoder"), "encoders", settings["confbert"]["encoder"]


def _tasks(config: Config, table: Mapping[str, Any]) -> list[str]:
    """Return the tasks of a table; for one over encoders, every encoder's variant of each."""
    if "encoders" not in table:
        return list(table["tasks"])
    return [
        f"{task}.{encoder}-{templates}"
        for task in table["tasks"]
        for encoder in table["encoders"]
        for templates in table["templates"]
    ]


def _able(config: Config, table: Mapping[str, Any], model: str) -> tuple[list[str], list[str]]:
    """Return the tasks of the table that a model has a row for, and why not the others."""
    entry = config["models"][model]
    if entry["group"] != "mllm" and table["layout"] not in _OF_EVERY_GROUP:
        return [], ["is no mllm"]
    if entry["group"] == "labels" and table["layout"] == "recognition":
        return [], ["is no model"]
    tasks = expanded_tasks(config)
    reasons = {task: _reason(entry, task, tasks[task]) for task in _tasks(config, table)}
    able = [task for task, reason in reasons.items() if reason is None]
    if table["layout"] in _COMPARISONS and len(able) < len(reasons):
        able = []
    return able, list(dict.fromkeys(reason for reason in reasons.values() if reason))


def _reason(entry: Mapping[str, Any], name: str, task: Mapping[str, Any]) -> str | None:
    """Return why a model cannot do a task, or None if it can."""
    if not {name, task["base"]} & set(entry["tasks"]):
        return f"has no {task['base']} among its tasks"
    if entry["group"] != "mllm":
        return None if name == "cw" else "answers cw alone"
    if entry["backend"] == "imported":
        files = {name, task.get("answers_of", name)} & set(entry["files"])
        return None if files else f"has no files.{task.get('answers_of', name)}"
    if entry["backend"] in _ONE_IMAGE_A_REQUEST and task.get("images_per_request", 1) > 1:
        return "takes one image a request"
    return None
