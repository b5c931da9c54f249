"""The configuration: validated against its schemas, its references resolved, its reference page rendered."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from imeval.base.errors import UserError, did_you_mean, mistake, some
from imeval.plan.backends import BACKENDS, OWN_ENCODERS
from imeval.plan.tables import registry_problems
from imeval.serving.servers import SET_BY_THE_WORKFLOW

Config = Mapping[str, Any]
Keys = tuple[str | int, ...]

_REFERENCE = """# Configuration reference

Written from the schemas in `config/schemas`; a test keeps it equal to them.
The files are merged; a file of yours given with `--configfile` is laid over them, key by key.
"""

_NAMED_IN_A_MODEL = {"encoder": "encoders", "classifier": "models", "tagger": "models", "gallery": "image_sets"}
"""The keys of a model that name entries, and of which registry."""

LABELLED_SOURCES = ("class_folders", "webdataset", "parquet")

SCHEMAS = ("config", "datasets", "models", "tasks", "tables", "downloads")


@dataclass(frozen=True)
class ConfigFile:
    """A configuration file as it was read, to tell which one holds a key."""

    path: str
    content: Any


@dataclass(frozen=True)
class Imported:
    """The models of the run and of tables with the backend `imported`, by what their prediction files hold."""

    with_texts: tuple[str, ...]
    with_classes: tuple[str, ...]


@dataclass(frozen=True)
class Problem:
    """One mistake: where it lies in the configuration, and the sentence about it."""

    keys: Keys
    expected: str
    found: str
    remedy: str


class MissingFile(Problem):
    """A file that the configuration names and that is not there."""


def read_schemas(folder: Path) -> dict[str, Any]:
    """Read the JSON Schema of every configuration file, by the name of the file it describes."""
    return {name: yaml.safe_load((folder / f"{name}.schema.yaml").read_text()) for name in SCHEMAS}


def check(config: Config, schemas: Mapping[str, Any], paths: Sequence[str], files_may_lack: bool = False) -> None:
    """Refuse a configuration with any mistake.

    Args:
        config: the merged configuration.
        schemas: from `read_schemas`.
        paths: the files it was merged from, later ones over earlier ones.
        files_may_lack: whether a file that it names may be missing.

    Raises:
        UserError: one line a mistake, each naming file, key, what was expected, what was found and what to do.
    """
    problems = list(_schema_problems(config, schemas)) or list(_reference_problems(config))
    if files_may_lack:
        problems = [problem for problem in problems if not isinstance(problem, MissingFile)]
    if problems:
        files = [ConfigFile(path, yaml.safe_load(Path(path).read_text())) for path in paths]
        raise UserError("\n".join(str(_sentence(problem, files)) for problem in problems))


def missing_files(config: Config) -> dict[str, str]:
    """Return the files of the run that are not there, by the key that names each."""
    lacking = [problem for problem in _source_problems(config) if isinstance(problem, MissingFile)]
    return {".".join(map(str, problem.keys)): _value(config, problem.keys) for problem in lacking}


def imported(config: Config, files_may_lack: bool = False) -> Imported:
    """Tell the run's imported models apart by the headers of their prediction files.

    Raises:
        UserError: a file that is no prediction file, or none at all unless `files_may_lack`.
    """
    texts = {name: _holds_texts(config["models"][name], files_may_lack) for name in _imported_models(config)}
    with_texts = tuple(name for name, text in texts.items() if text)
    return Imported(with_texts, tuple(name for name in texts if name not in with_texts))


def obstacles(config: Config) -> list[str]:
    """Return a sentence about everything that this machine or this version lacks for the run; a dry run needs none."""
    return [
        *_missing_sources(config, [config["run"]["image_set"]]),
        *missing_galleries(config),
        *missing_backends(config),
    ]


def missing_galleries(config: Config) -> list[str]:
    """Return a sentence about each gallery of the run's models whose pictures are not there."""
    galleries = (config["models"][name].get("gallery") for name in config["run"]["models"])
    return list(_missing_sources(config, dict.fromkeys(gallery for gallery in galleries if gallery)))


def _missing_sources(config: Config, image_sets: Iterable[str]) -> Iterator[str]:
    for name in image_sets:
        source = config["image_sets"][name].get("source")
        if source is not None and "download" not in source and not Path(source["path"]).exists():
            expected = f"the pictures, as {source['kind']}"
            remedy = f"put them there, or set image_sets.{name}.source to where and what they are"
            yield str(mistake(f"image set '{name}'", "source.path", expected, f"no {source['path']}", remedy))


def missing_backends(config: Config) -> list[str]:
    """Return a sentence about the run's models of a backend that this version does not run, if there are any."""
    used = {name: config["models"][name]["backend"] for name in config["run"]["models"]}
    lacking = [
        f"{name} ({backend})"
        for name, backend in used.items()
        if backend not in {*BACKENDS, "imported", "original_labels"}
    ]
    if not lacking:
        return []
    known = f"a backend that this version runs ({', '.join(sorted(BACKENDS))}, imported)"
    remedy = "leave these models out, or import their answers"
    return [str(mistake("run.models", "backend", known, some(lacking, 20), remedy))]


def _sentence(problem: Problem, files: Sequence[ConfigFile]) -> UserError:
    field = ".".join(str(key) for key in problem.keys)
    return mistake(_origin(problem.keys, files), field, problem.expected, problem.found, problem.remedy)


def _origin(keys: Keys, files: Sequence[ConfigFile]) -> str:
    """Return the last file that holds most of the keys; --config settings lie in no file."""
    depths = [(_depth(keys, file.content), place) for place, file in enumerate(files)]
    depth, place = max(depths, default=(0, 0))
    return files[place].path if depth else "configuration"


def _value(content: Any, keys: Keys) -> Any:
    for key in keys:
        content = content[key]
    return content


def _depth(keys: Keys, content: Any) -> int:
    for depth, key in enumerate(keys):
        try:
            content = content[key]
        except (KeyError, IndexError, TypeError):
            return depth
    return len(keys)


def _schema_problems(config: Config, schemas: Mapping[str, Any]) -> Iterator[Problem]:
    known = {key for schema in schemas.values() for key in schema["properties"]}
    for key in sorted(set(config) - known):
        yield Problem((key,), "a known key", f"'{key}'", did_you_mean(key, known))
    for schema in schemas.values():
        part = {key: config[key] for key in schema["properties"] if key in config}
        for error in sorted(
            Draft202012Validator(schema).iter_errors(part), key=lambda error: list(error.absolute_path)
        ):
            yield from _explain(error)


def _explain(error: ValidationError) -> Iterator[Problem]:
    keys: Keys = tuple(error.absolute_path)
    instance: Any = error.instance
    schema: Any = error.schema
    demanded: Any = error.validator_value
    match error.validator:
        case "additionalProperties":
            for key in sorted(set(instance) - set(schema["properties"])):
                yield Problem((*keys, key), "a known key", f"'{key}'", did_you_mean(key, schema["properties"]))
        case "required":
            absent = next(key for key in demanded if key not in instance)
            yield Problem(keys, f"the key '{absent}'", f"only {some(instance, 10) or 'nothing'}", f"add '{absent}'")
        case "enum":
            known = [str(value) for value in demanded]
            yield Problem(keys, f"one of {', '.join(known)}", f"'{instance}'", did_you_mean(str(instance), known))
        case "oneOf":
            ways = " or ".join("+".join(way["required"]) for way in demanded)
            yield Problem(keys, f"exactly one of {ways}", some(instance, 10), "name one place")
        case _:
            yield Problem(
                keys, _expectation(error), repr(instance), f"see {'.'.join(map(str, keys))} in config/README.md"
            )


def _expectation(error: ValidationError) -> str:
    match error.validator:
        case "type":
            return f"a value of type {error.validator_value}"
        case "const":
            return f"'{error.validator_value}'"
        case "pattern":
            return f"a text that matches {error.validator_value}"
        case "minimum" | "exclusiveMinimum" | "maximum" | "exclusiveMaximum":
            return f"a number with {error.validator} {error.validator_value}"
        case _:
            return f"{error.validator} {error.validator_value}"


def _reference_problems(config: Config) -> Iterator[Problem]:
    for keys, name, registry in _references(config):
        if name not in config[registry]:
            yield Problem(keys, f"an entry of {registry}", f"'{name}'", did_you_mean(name, config[registry]))
    for keys, known, name, nearest in registry_problems(config):
        yield Problem(keys, f"an entry of {known}", f"'{name}'", nearest)
    yield from _tagger_problems(config)
    yield from _encoder_problems(config)
    yield from _answer_problems(config)
    yield from _served_problems(config)
    yield from _task_problems(config)
    yield from _decoding_problems(config)
    problems = list(_source_problems(config))
    # Only files that are there have a header.
    yield from problems or _imported_problems(config)


def _references(config: Config) -> Iterator[tuple[Keys, str, str]]:
    """Yield every name that must be an entry of a registry: where it stands, the name, the registry."""
    run = config["run"]
    yield ("run", "image_set"), run["image_set"], "image_sets"
    yield ("run", "labels"), run["labels"], "label_sets"
    for key in ("models", "tables"):
        for place, name in enumerate(run[key]):
            yield ("run", key, place), name, key
    for name, image_set in config["image_sets"].items():
        if "download" in image_set.get("source", {}):
            yield ("image_sets", name, "source", "download"), image_set["source"]["download"], "downloads"
        for key in ("classes_of", "images_of"):
            if key in image_set.get("selection", {}):
                yield ("image_sets", name, "selection", key), image_set["selection"][key], "label_sets"
    for name, task in config["tasks"].items():
        if "answers_of" in task:
            yield ("tasks", name, "answers_of"), task["answers_of"], "tasks"
    for registry in ("models", "encoders"):
        for name, entry in config[registry].items():
            if "download" in entry.get("weights", {}):
                yield (registry, name, "weights", "download"), entry["weights"]["download"], "downloads"
    for name, model in config["models"].items():
        for place, task in enumerate(model["tasks"]):
            yield ("models", name, "tasks", place), task, "tasks"
        for key, registry in _NAMED_IN_A_MODEL.items():
            if key in model:
                yield ("models", name, key), model[key], registry


def _tagger_problems(config: Config) -> Iterator[Problem]:
    for name, model in config["models"].items():
        for key in ("classifier", "tagger"):
            backend = config["models"].get(model.get(key), {}).get("backend", "timm")
            if backend != "timm":
                yield Problem(("models", name, key), "a model with backend timm", f"backend {backend}", "name another")


def _answer_problems(config: Config) -> Iterator[Problem]:
    for name, model in config["models"].items():
        if model.get("images_per_request", 1) > 1 and model.get("answer_format", "text") == "text":
            found = f"{model['images_per_request']} with the answer_format text"
            remedy = "set answer_format: json"
            yield Problem(("models", name, "images_per_request"), "1, or answers in JSON", found, remedy)


def _served_problems(config: Config) -> Iterator[Problem]:
    for name, model in config["models"].items():
        for key in ("arguments", "hardware"):
            for option in sorted(SET_BY_THE_WORKFLOW & set(model.get(key, {}))):
                expected, remedy = "an option that the workflow does not set itself", "leave it out"
                yield Problem(("models", name, key, option), expected, f"'{option}'", remedy)


def _encoder_problems(config: Config) -> Iterator[Problem]:
    for name, model in config["models"].items():
        if model["backend"] in OWN_ENCODERS and name in config["encoders"]:
            expected = "a name that no encoder has, as it embeds the class names itself"
            yield Problem(("models", name), expected, f"'{name}' in both", "rename one")


def _task_problems(config: Config) -> Iterator[Problem]:
    for name, model in config["models"].items():
        keys = ("models", name, "tasks")
        if model["group"] != "mllm" and model["tasks"] != ["cw"]:
            yield Problem(
                keys, f"[cw] for the group {model['group']}", some(model["tasks"]), "only an mllm has other tasks"
            )
        if model["backend"] == "imported":
            for task in model["tasks"]:
                source = config["tasks"].get(task, {}).get("answers_of", task)
                answered = {file.split(".")[0] for file in model["files"]}
                if not {task, source} & answered:
                    yield Problem(
                        keys, f"a file for task {source}", f"files for {some(model['files'])}", f"add files.{source}"
                    )


def _decoding_problems(config: Config) -> Iterator[Problem]:
    for name, model in config["models"].items():
        decodings = {task: config["tasks"].get(task, {}).get("decoding") for task in model["tasks"]}
        chosen = [task for task, decoding in decodings.items() if decoding]
        if chosen and model["backend"] == "openai":
            remedy = "take these out: an API does not give the logits that they need"
            yield Problem(("models", name, "tasks"), "tasks that an API can answer", some(chosen), remedy)
        likelihoods = [task for task in chosen if decodings[task] != "constrained"]
        if likelihoods and model.get("attention") == "flash_attention_2":
            expected = f"sdpa or eager, which can tell names apart in one pass, for {some(likelihoods)}"
            yield Problem(("models", name, "attention"), expected, "flash_attention_2", "set attention: sdpa")


def _source_problems(config: Config) -> Iterator[Problem]:
    run = config["run"]
    image_set = config["image_sets"].get(run["image_set"], {})
    yield from _image_set_problems(run["image_set"], image_set)
    selection = image_set.get("selection", {})
    for name in sorted({run["labels"], *(selection[key] for key in ("classes_of", "images_of") if key in selection)}):
        label_set = config["label_sets"].get(name, {})
        if label_set.get("kind") == "file":
            yield from _file_problems(("label_sets", name, "path"), label_set.get("path"))
    yield from _file_problems(("scoring", "equivalence"), config["scoring"]["equivalence"])
    yield from _file_problems(("json_answer",), config["json_answer"])
    for name in run["models"]:
        model = config["models"].get(name, {})
        for task, path in model.get("files", {}).items():
            yield from _file_problems(("models", name, "files", task), path)
        if model and model["backend"] not in ("imported", "original_labels") and "source" not in image_set:
            remedy = f"give image_sets.{run['image_set']}.source, or evaluate imported models only"
            yield Problem(("run", "models"), "an image set with pictures", f"none for the model '{name}'", remedy)


def _image_set_problems(name: str, image_set: Config) -> Iterator[Problem]:
    keys: Keys = ("image_sets", name)
    labels = image_set.get("original_labels", {})
    match labels.get("kind"):
        case "file" | "devkit":
            yield from _file_problems((*keys, "original_labels", "path"), labels.get("path"))
        case "file_name" if "pattern" not in labels:
            remedy = "give a regular expression with one group, the class id"
            yield Problem((*keys, "original_labels"), "the key 'pattern'", "none", remedy)
        case "source" if image_set.get("source", {}).get("kind") not in LABELLED_SOURCES:
            expected = f"a source that has labels ({', '.join(LABELLED_SOURCES)})"
            found = image_set.get("source", {}).get("kind", "no source")
            yield Problem((*keys, "original_labels", "kind"), expected, found, "take the labels from elsewhere")
    for key in ("classes", "images"):
        if key in image_set.get("selection", {}):
            yield from _file_problems((*keys, "selection", key), image_set["selection"][key])


def _imported_models(config: Config) -> list[str]:
    named = [config["run"]["models"], *(table.get("models", []) for table in config["tables"].values())]
    used = dict.fromkeys(name for names in named for name in names)
    return [name for name in used if config["models"].get(name, {}).get("backend") == "imported"]


def _holds_texts(model: Config, files_may_lack: bool) -> bool:
    from imeval.mapping.imported import holds_text

    # Every file is read: each may hold a mistake.
    files = [path for path in model["files"].values() if Path(path).is_file() or not files_may_lack]
    return True in [holds_text(path) for path in files]


def _imported_problems(config: Config) -> Iterator[Problem]:
    from imeval.mapping.imported import holds_text

    for name in _imported_models(config):
        model = config["models"][name]
        texts = [task for task, path in model["files"].items() if holds_text(path)]
        if texts and len(texts) < len(model["files"]):
            found = f"texts for {some(texts)} only"
            yield Problem(("models", name, "files"), "texts in every file or in none", found, "make two models of it")
        if texts and not {"encoder", "templates"} <= set(model):
            remedy = "add both, for the answers that are no class name"
            yield Problem(("models", name), "the keys 'encoder' and 'templates'", "files with texts", remedy)
        for task in model["tasks"]:
            if not texts and not any(file.split(".")[0] == task for file in model["files"]):
                remedy = f"add files.{task}: class ids cannot be mapped again"
                yield Problem(("models", name, "tasks"), f"a file for task {task}", "none", remedy)


def _file_problems(keys: Keys, path: str | None) -> Iterator[Problem]:
    if path is None:
        yield Problem(keys, "a path", "none", "name the file")
    elif not Path(path).is_file():
        yield MissingFile(keys, "an existing file", f"no file {path}", "put it there or mend the path")


def reference(schemas: Mapping[str, Any]) -> str:
    """Render the reference of every key, in Markdown, from the schemas alone."""
    parts = [
        "# Configuration reference",
        "",
        "Written from the schemas in `config/schemas`; a test keeps it equal to them.",
        "The files are merged; a file of yours given with `--configfile` is laid over them, key by key.",
        "",
    ]
    for schema in schemas.values():
        parts += [f"## {schema['title']}", "", schema["description"], "", *_rows(schema), ""]
        for name, definition in schema.get("$defs", {}).items():
            parts += [f"### backend `{name}`", "", definition["description"], "", *_rows(definition), ""]
    return "\n".join(parts).rstrip() + "\n"


def _rows(schema: Mapping[str, Any]) -> list[str]:
    return ["| key | value | meaning |", "| --- | --- | --- |", *_key_rows(schema, "")]


def _key_rows(schema: Mapping[str, Any], prefix: str) -> Iterator[str]:
    children = dict(schema.get("properties", {}))
    if isinstance(schema.get("additionalProperties"), Mapping):
        children["<name>"] = schema["additionalProperties"]
    for key, child in children.items():
        required = ", required" if key in schema.get("required", []) else ""
        yield f"| `{prefix}{key}` | {_kind(child)}{required} | {' '.join(child['description'].split())} |"
        yield from _key_rows(child, f"{prefix}{key}.")


def _kind(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    named = {"object": "keys", "array": "list", "string": "text"}
    return named.get(schema["type"], str(schema["type"]))
