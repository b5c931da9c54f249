"""Settings that belong to a model's identity only if set."""

from dataclasses import MISSING, Field, fields
from typing import Any, get_type_hints

from imeval.models.facts import PART_IF_SET


def marked(settings: Any) -> set[str]:
    """Return the names of the settings marked PART_IF_SET."""
    types = get_type_hints(type(settings), include_extras=True)
    return {field.name for field in fields(settings) if PART_IF_SET in getattr(types[field.name], "__metadata__", ())}


def unset(settings: Any) -> set[str]:
    """Return the settings marked PART_IF_SET that have their default."""
    names = marked(settings)
    defaults = {field.name: _default(field) for field in fields(settings) if field.name in names}
    return {name for name, default in defaults.items() if getattr(settings, name) == default}


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()
