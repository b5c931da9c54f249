"""JSON Schemas of the configuration's files, and the mistakes they find."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from imeval.base.suggestions import did_you_mean
from imeval.figures import module_name
from imeval.plan import backends, discovery, source
from imeval.plan.explanations import Problem, explain
from imeval.plan.settings import JsonSchema, Key, object_schema
from imeval.run.command_line import LOADER

Config = Mapping[str, Any]

SCHEMAS = ("config", "datasets", "models", "tasks", "tables", "downloads")

_NAMES = {"pattern": "^[a-z0-9_]+$"}


def read_schemas(folder: Path) -> dict[str, JsonSchema]:
    """Return the JSON Schema of every configuration file, by name.

    Those written by hand are read from the folder. That of the models comes from the backends' modules, and the layouts
    of tables and the keys of figures from theirs, so that a new module needs no other file.
    """
    schemas = {name: _read(folder, name) for name in SCHEMAS if name != "models"} | {"models": models_schema()}
    layout = schemas["tables"]["properties"]["tables"]["additionalProperties"]["properties"]["layout"]
    del layout["type"]
    layout |= {"enum": list(discovery.layouts()), "description": f"Its layout: {_layouts()}."}
    config = schemas["config"]["properties"]
    config["run"]["properties"]["figures"]["items"] = {"enum": list(discovery.figures())}
    config["figures"] = _figures()
    return {name: schemas[name] for name in SCHEMAS}


def models_schema() -> JsonSchema:
    """Return the JSON Schema of models.yaml."""
    models = {name: backends.model_keys(name) for name in backends.of_models()}
    encoders = {name: backends.encoder_keys(name) for name in backends.of_encoders()}
    of_model, of_encoder = "backend `{}`", "text encoder, backend `{}`"
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "models.yaml",
        "description": "Models and text encoders.",
        "type": "object",
        "additionalProperties": False,
        "required": ["models", "encoders"],
        "properties": {
            "models": {
                "description": "The models that a run can evaluate, by name.",
                **_entries("A model, named in paths and in `run.models`", "model", list(models)),
            },
            "encoders": {
                "description": "The text encoders that map answers to class names (Table 17), by name.",
                **_entries("A text encoder, named in a model's `encoder`", "encoder", list(encoders)),
            },
        },
        "$defs": {f"model_{name}": _definition(of_model, name, keys) for name, keys in models.items()}
        | {f"encoder_{name}": _definition(of_encoder, name, keys) for name, keys in encoders.items()},
    }


def schema_problems(config: Config, schemas: Mapping[str, JsonSchema]) -> Iterator[Problem]:
    """Yield the mistakes that the schemas find."""
    known = {key for schema in schemas.values() for key in schema["properties"]}
    for key in sorted(set(config) - known):
        yield Problem((key,), "a known key", f"'{key}'", did_you_mean(key, known))
    for schema in schemas.values():
        part = {key: config[key] for key in schema["properties"] if key in config}
        errors = Draft202012Validator(schema).iter_errors(part)
        for error in sorted(errors, key=lambda error: list(error.absolute_path)):
            yield from explain(error)


def _layouts() -> str:
    """Return what layouts show, from their modules' docstrings."""
    shown = ((name, source.docstring(source.path_of(f"tables.layouts.{name}"))) for name in discovery.layouts())
    return "; ".join(f"`{name}` {text.rstrip('.')}" for name, text in shown)


def _figures() -> JsonSchema:
    """Return the schema of the figures' keys, from their modules."""
    described = {name: source.docstring(source.path_of(module_name(name))) for name in discovery.figures()}
    return {
        "description": "How each figure is drawn; docs/figures.md shows what these keys change.",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            name: {"description": text, **object_schema(discovery.figure_keys(name))}
            for name, text in described.items()
        },
    }


def _read(folder: Path, name: str) -> JsonSchema:
    schema: JsonSchema = yaml.load((folder / f"{name}.schema.yaml").read_text(), LOADER)
    return schema


def _entries(description: str, kind: str, names: list[str]) -> JsonSchema:
    """Return the schema of a registry whose entries depend on their backends."""
    return {
        "type": "object",
        "propertyNames": _NAMES,
        "additionalProperties": {
            "description": f"{description}; which keys it takes depends on its `backend`.",
            "type": "object",
            "required": ["backend"],
            "properties": {"backend": {"enum": names, "description": "What runs it."}},
            "allOf": [
                {
                    # `required`, as an entry without a backend would match every condition.
                    "if": {"properties": {"backend": {"const": name}}, "required": ["backend"]},
                    "then": {"$ref": f"#/$defs/{kind}_{name}"},
                }
                for name in names
            ],
        },
    }


def _definition(title: str, backend: str, keys: tuple[Key, ...]) -> JsonSchema:
    return {"title": title.format(backend), "description": backends.description(backend), **object_schema(keys)}
