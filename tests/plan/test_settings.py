import dataclasses
from importlib import import_module
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from annotated_types import GroupedMetadata
from imeval import models
from imeval.models.facts import KeysOf
from imeval.plan import backends, settings, source

MODULE = '''
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Annotated, Any, Literal

from annotated_types import Ge, Interval, Len, MinLen
from imeval.models.facts import SET_BY_THE_WORKFLOW, EntryOf, Keywords, KeysOf

@dataclass
class Prices:
    input: Annotated[float, Ge(0)]
    """Of what is sent."""

@dataclass
class Base:
    """What all
    have."""

    weights: Annotated[str, SET_BY_THE_WORKFLOW]
    """A path."""

    _: KW_ONLY

    side: Literal["left", "right"] = "left"
    """Where
    it is."""

@dataclass
class Settings(Base):
    count: Annotated[int, Ge(1)]
    """How many."""

    share: Annotated[float | None, Interval(gt=0, le=1)] = None
    """A share."""

    mean: Annotated[Sequence[float], Len(3, 3)] = (0.5, 0.5, 0.5)
    """Of the colours."""

    on: bool = False
    """Whether."""

    prices: Annotated[Mapping[str, float] | None, KeysOf(Prices)] = None
    """Dollars."""

    options: Mapping[str, Any] = field(default_factory=dict)
    """Of the program."""

    tagger: Annotated[Mapping[str, Any], EntryOf("models", backend="timm")] = field(default_factory=dict)
    """A model."""

    names: Annotated[Sequence[str], MinLen(1), Keywords({"uniqueItems": True})] = ("a",)
    """Some names."""

@dataclass
class Bare:
    count: int = 1
'''


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, settings.Key]:
    (tmp_path / "module.py").write_text(MODULE)
    monkeypatch.setattr(source, "path_of", lambda _: tmp_path / "module.py")
    return {key.name: key for key in settings.read("module", "Settings")}


def test_fields_are_keys_with_those_of_the_base_first_and_without_those_that_the_workflow_sets(
    keys: dict[str, settings.Key],
) -> None:
    assert list(keys) == ["side", "count", "share", "mean", "on", "prices", "options", "tagger", "names"]


@pytest.mark.parametrize(
    ("key", "schema"),
    [
        ("side", {"enum": ["left", "right"], "default": "left", "description": "Where it is."}),
        ("count", {"type": "integer", "minimum": 1, "description": "How many."}),
        ("share", {"type": "number", "exclusiveMinimum": 0, "maximum": 1, "description": "A share."}),
        ("on", {"type": "boolean", "default": False, "description": "Whether."}),
        ("options", {"type": "object", "propertyNames": {"pattern": "^[a-z0-9_]+$"}, "description": "Of the program."}),
        ("tagger", {"type": "string", "description": "A model."}),
    ],
)  # fmt: skip
def test_type_bounds_default_and_description_become_a_schema(
    keys: dict[str, settings.Key], key: str, schema: settings.JsonSchema
) -> None:
    assert keys[key].schema() == schema


def test_lists_have_items_and_lengths(keys: dict[str, settings.Key]) -> None:
    assert keys["mean"].schema()["items"] == {"type": "number"}
    assert (keys["mean"].schema()["minItems"], keys["mean"].schema()["maxItems"]) == (3, 3)
    assert keys["names"].schema()["uniqueItems"] is True


def test_a_mapping_can_have_the_keys_of_another_dataclass(keys: dict[str, settings.Key]) -> None:
    prices = keys["prices"].schema()
    assert prices["required"] == ["input"]
    assert prices["properties"]["input"]["minimum"] == 0


def test_an_object_refuses_other_keys_and_requires_those_without_a_default(keys: dict[str, settings.Key]) -> None:
    schema = settings.object_schema(keys.values())
    assert (schema["required"], schema["additionalProperties"]) == (["count"], False)


def test_a_key_may_name_an_entry_of_a_backend(keys: dict[str, settings.Key]) -> None:
    assert keys["tagger"].entry is not None
    assert (keys["tagger"].entry.registry, keys["tagger"].entry.backend) == ("models", "timm")
    assert keys["count"].entry is None


def test_a_class_is_described_by_its_docstring_on_one_line(keys: dict[str, settings.Key]) -> None:
    assert settings.described("module", "Base") == "What all have."


def test_a_field_without_a_description_is_refused(keys: dict[str, settings.Key]) -> None:
    with pytest.raises(AssertionError, match=r"Bare\.count has no description below it"):
        settings.read("module", "Bare")


def real_marks(hint: Any) -> list[Any]:
    """The marks of an imported type, but for those of other keys, whose class planning reads from its source."""
    marks: list[Any] = []
    for mark in getattr(hint, "__metadata__", ()):
        marks += mark if isinstance(mark, GroupedMetadata) else [mark]
    return [mark for mark in marks if not isinstance(mark, KeysOf)]


@pytest.mark.parametrize("backend", [name for name in backends.BACKENDS if models.module_name(name)])
def test_what_is_read_from_the_source_is_what_the_module_has_when_it_is_imported(backend: str) -> None:
    imported = import_module(f"imeval.{models.module_name(backend)}").Settings
    hints = get_type_hints(imported, include_extras=True)
    fields = {field.name: field for field in dataclasses.fields(imported)}
    for key in backends.own_keys(backend):
        field = fields[key.name]
        default = field.default_factory() if field.default_factory is not dataclasses.MISSING else field.default
        assert key.default == default
        assert key.type == (hints[key.name].__origin__ if key.marks else hints[key.name])
        assert [mark for mark in key.marks if not isinstance(mark, KeysOf)] == real_marks(hints[key.name])
