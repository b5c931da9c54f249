"""Configuration keys and their JSON Schema, from the source of dataclasses."""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass
from functools import cache
from itertools import pairwise
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, GroupedMetadata, Gt, Le, Lt, MaxLen, MinLen

from imeval.models.facts import SET_BY_THE_WORKFLOW, EntryOf, KeysOf, Keywords
from imeval.plan import source

JsonSchema = dict[str, Any]

_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean"}

_OPTIONS = {"propertyNames": {"pattern": "^[a-z0-9_]+$"}}
"""Options of a program, as its command line names them but with _ for -."""


@dataclass(frozen=True)
class Key:
    """A key of the configuration.

    Attributes:
        name: the key.
        type: its type, None among its options if it may be left out without a default.
        marks: the bounds and marks that annotate the type.
        default: what stands for it where it is not given, MISSING if it must be given.
        description: the text below the field.
    """

    name: str
    type: Any
    marks: tuple[Any, ...]
    default: Any
    description: str

    @property
    def entry(self) -> EntryOf | None:
        """Return the registry whose entry the key names, if any."""
        return next((mark for mark in self.marks if isinstance(mark, EntryOf)), None)

    def schema(self) -> JsonSchema:
        """Return the JSON Schema of the key's value."""
        found = _schema(self.type, self.marks)
        if NoneType in get_args(self.type) and self.default not in (MISSING, None):
            # Beside another default, null is a value of its own.
            found = _or_null(found)
        # None and nothing at all are no values that a user could write down.
        if self.default is not MISSING and self.default is not None and self.default != {}:
            found["default"] = list(self.default) if isinstance(self.default, tuple) else self.default
        return found | {"description": self.description}


def read(module: str, name: str, only: Sequence[str] | None = None) -> tuple[Key, ...]:
    """Return a dataclass's keys for users.

    Args:
        module: in dotted form below imeval.
        name: of the dataclass.
        only: the fields that are keys; None for all but those that the workflow sets.
    """
    found = source.lookup(source.path_of(module), name)
    keys = (key for key in _keys(found) if SET_BY_THE_WORKFLOW not in key.marks)
    return tuple(key for key in keys if only is None or key.name in only)


def declares(module: str, name: str, field: str) -> bool:
    """Return whether a dataclass has a field."""
    return any(key.name == field for key in _keys(source.lookup(source.path_of(module), name)))


def described(module: str, name: str) -> str:
    """Return a class's docstring as one paragraph."""
    return _one_line(ast.get_docstring(source.lookup(source.path_of(module), name).node) or "")


def object_schema(keys: Iterable[Key]) -> JsonSchema:
    """Return an object's schema with these keys alone."""
    properties = {key.name: key for key in keys}
    required = [name for name, key in properties.items() if key.default is MISSING]
    return {
        "type": "object",
        "additionalProperties": False,
        **({"required": required} if required else {}),
        "properties": {name: key.schema() for name, key in properties.items()},
    }


@cache
def _keys(definition: source.Class) -> tuple[Key, ...]:
    """Return the fields of a dataclass, those of its bases first."""
    path, node = definition.path, definition.node
    inherited = [key for base in node.bases for key in _keys(source.evaluate(path, base))]
    keys = {key.name: key for key in inherited}
    for statement, next_statement in pairwise([*node.body, ast.Pass()]):
        match statement:
            # `_: KW_ONLY` is no field: it makes those after it keyword arguments.
            case ast.AnnAssign(target=ast.Name(id=name)) if name != "_":
                keys[name] = _key(definition, name, statement, _text(next_statement))
    return tuple(keys.values())


def _key(definition: source.Class, name: str, field: ast.AnnAssign, description: str | None) -> Key:
    assert description, f"{definition.path}: {definition.node.name}.{name} has no description below it"
    annotation = source.evaluate(definition.path, field.annotation)
    default = source.evaluate(definition.path, field.value) if field.value else MISSING
    if isinstance(default, Field):
        default = default.default_factory() if default.default_factory is not MISSING else default.default
    return Key(name, *_unmarked(annotation), default, description)


def _text(statement: ast.stmt) -> str | None:
    match statement:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return _one_line(text)
    return None


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _unmarked(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return a type and its marks, such as `int` and `Ge(1)`."""
    if get_origin(annotation) is not Annotated:
        return annotation, ()
    plain, *marks = get_args(annotation)
    return plain, tuple(_single(marks))


def _single(marks: Iterable[Any]) -> Iterator[Any]:
    for mark in marks:
        # Such as Interval, which stands for several bounds.
        if isinstance(mark, GroupedMetadata):
            yield from mark
        else:
            yield mark


def _schema(annotation: Any, marks: Sequence[Any]) -> JsonSchema:
    found = _plain(annotation, marks)
    for mark in marks:
        match mark:
            case Ge(ge=bound):
                found["minimum"] = bound
            case Gt(gt=bound):
                found["exclusiveMinimum"] = bound
            case Le(le=bound):
                found["maximum"] = bound
            case Lt(lt=bound):
                found["exclusiveMaximum"] = bound
            case MinLen(min_length=length):
                found["minProperties" if found["type"] == "object" else "minItems"] = length
            case MaxLen(max_length=length):
                found["maxItems"] = length
            case Keywords(keywords=keywords):
                found |= keywords
    return found


def _plain(annotation: Any, marks: Sequence[Any]) -> JsonSchema:
    """Return the JSON Schema of a type without its bounds."""
    origin, parts = get_origin(annotation), [part for part in get_args(annotation) if part is not NoneType]
    if origin in (UnionType, Union):
        types = [_TYPES.get(part, "") for part in parts]
        return {"type": types} if len(types) > 1 and all(types) else _plain(parts[0], marks)
    if origin is Literal:
        return {"enum": parts}
    if origin is Sequence:
        return {"type": "array", "items": _plain(parts[0], ())}
    for mark in marks:
        if isinstance(mark, EntryOf):
            return {"type": "string"}
        if isinstance(mark, KeysOf):
            # The mark was evaluated from source, where a class is what `source.lookup` returns.
            return object_schema(_keys(mark.settings))
    if origin is Mapping:
        return {"type": "object"} | (_OPTIONS if parts[1] is Any else {})
    return {"type": _TYPES[annotation]}


def _or_null(schema: JsonSchema) -> JsonSchema:
    if "enum" in schema:
        return schema | {"enum": [*schema["enum"], None]}
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return schema | {"type": [*types, "null"]}
