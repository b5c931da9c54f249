"""The schemas' defaults of keys that an entry may leave out."""

from collections.abc import Mapping
from typing import Any

from imeval.plan.settings import JsonSchema


def complete(registry: str, entry: Mapping[str, Any], schemas: Mapping[str, JsonSchema]) -> dict[str, Any]:
    """Return an entry with all defaults.

    Args:
        registry: the registry of the entry, such as "image_sets".
        entry: a valid entry. That of a task may have the keys of its variants, too.
        schemas: from `schema.read_schemas`.
    """
    return _with_defaults(entry, _keys(registry, entry, schemas))


def _keys(registry: str, entry: Mapping[str, Any], schemas: Mapping[str, JsonSchema]) -> dict[str, JsonSchema]:
    """Return the schemas of an entry's keys."""
    if registry in ("models", "encoders"):
        # Which keys these have depends on their backend.
        kind = registry.removesuffix("s")
        return dict(schemas["models"]["$defs"][f"{kind}_{entry['backend']}"]["properties"])
    (schema,) = (schema for schema in schemas.values() if registry in schema["properties"])
    keys: dict[str, JsonSchema] = schema["properties"][registry]["additionalProperties"]["properties"]
    return keys | keys["variants"]["additionalProperties"]["properties"] if registry == "tasks" else keys


def _with_defaults(given: Mapping[str, Any], keys: Mapping[str, JsonSchema]) -> dict[str, Any]:
    defaults = {key: schema["default"] for key, schema in keys.items() if "default" in schema and key not in given}
    return defaults | {
        key: _with_defaults(value, keys.get(key, {}).get("properties", {})) if isinstance(value, Mapping) else value
        for key, value in given.items()
    }
