"""Mistakes that JSON Schemas find, in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema.exceptions import ValidationError

from imeval.base.errors import some
from imeval.base.suggestions import did_you_mean
from imeval.plan.settings import JsonSchema

Keys = tuple[str | int, ...]

PATTERNS: Mapping[str, str] = {
    "^[a-z0-9_]+$": "lower-case letters, digits and _",
    "^[a-z0-9_]+(@[0-9]+)?$": "lower-case letters, digits and _, and @ with a number for a later pass, such as real@2",
    "^[a-z][a-z0-9_]*$": "lower-case letters, digits and _, beginning with a letter",
    "^table[0-9]+[a-z]?$": "`table` and a number, such as table19",
    "^per_run$": "a whole number, per_run or null",
    "^[0-9]{1,5}$": "a class id, a whole number from 0",
    "^[0-9a-f]{64}$": "64 digits of a SHA-256, from 0 to 9 and a to f",
}
"""What each pattern of the schemas asks for."""

_TYPES: Mapping[str, str] = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list, such as [a, b]",
    "object": "keys with values, such as {key: value}",
    "null": "null",
}

_BOUNDS: Mapping[str, str] = {
    "exclusiveMinimum": "above",
    "minimum": "of at least",
    "exclusiveMaximum": "below",
    "maximum": "of at most",
}


@dataclass(frozen=True)
class Problem:
    """A mistake in the configuration, with the keys that lead to it."""

    keys: Keys
    expected: str
    found: str
    remedy: str


class MissingFile(Problem):
    """A file of the configuration that is missing."""


def explain(error: ValidationError) -> Iterator[Problem]:
    """Yield the mistakes of a schema's error."""
    keys: Keys = tuple(error.absolute_path)
    instance: Any = error.instance
    schema: Any = error.schema
    demanded: Any = error.validator_value
    match error.validator:
        case "additionalProperties":
            for key in sorted(set(instance) - set(schema["properties"]), key=str):
                yield Problem((*keys, key), "a known key", f"'{key}'", did_you_mean(str(key), schema["properties"]))
        case "required":
            absent = next(key for key in demanded if key not in instance)
            yield Problem(keys, f"the key '{absent}'", f"only {some(instance, 10) or 'nothing'}", f"add '{absent}'")
        case "dependentRequired":
            needed = next(key for given, others in demanded.items() if given in instance for key in others)
            yield Problem(keys, f"the key '{needed}' too", f"only {some(instance, 10)}", f"add '{needed}'")
        case "enum":
            known = [str(value) for value in demanded]
            yield Problem(keys, f"one of {', '.join(known)}", f"'{instance}'", did_you_mean(str(instance), known))
        case "oneOf" | "anyOf" if not isinstance(instance, Mapping):
            # Its type is a mistake of its own.
            return
        case "oneOf" | "anyOf":
            ways = " or ".join("+".join(way["required"]) for way in demanded)
            exactly = "exactly one of " if error.validator == "oneOf" else ""
            yield Problem(keys, f"{exactly}{ways}", some(instance, 10) or "nothing", "name one place")
        case _:
            remedy = f"see {'.'.join(map(str, keys))} in config/README.md"
            yield Problem(keys, _expectation(error), _shown(instance), remedy)


def _expectation(error: ValidationError) -> str:
    schema: Any = error.schema
    demanded: Any = error.validator_value
    match error.validator:
        case "const":
            return f"'{demanded}'"
        case "pattern":
            return PATTERNS[demanded]
        case "uniqueItems":
            return "every entry once"
        case "minItems" | "minProperties":
            return f"at least {demanded} entries" if demanded > 1 else "at least one entry"
        case "maxItems" | "maxProperties":
            return f"at most {demanded} entries"
        case _:
            return _value(schema)


def _value(schema: JsonSchema) -> str:
    """Return the type and bounds of a value.

    For example: "a number between 0 and 1, such as 0.95".
    """
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    words = " or ".join(_TYPES[name] for name in types)
    bounds = _bounds(schema)
    examples = schema.get("examples", [schema["default"]] if "default" in schema else [])
    return f"{words} {bounds}" + (f", such as {examples[0]}" if examples else "") if bounds else words


def _bounds(schema: JsonSchema) -> str:
    match schema:
        case {"exclusiveMinimum": low, "exclusiveMaximum": high}:
            return f"between {low} and {high}"
        case {"minimum": low, "maximum": high}:
            return f"from {low} to {high}"
    return " and ".join(f"{word} {schema[key]}" for key, word in _BOUNDS.items() if key in schema)


def _shown(instance: Any) -> str:
    """Return a value as YAML has it."""
    match instance:
        case bool() | None:
            return {True: "true", False: "false", None: "nothing"}[instance]
        case Mapping():
            return f"the keys {some(instance)}" if instance else "no keys"
        case list():
            return f"the list [{some(instance)}]"
        case _:
            return repr(instance)
