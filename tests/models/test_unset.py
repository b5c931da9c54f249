from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from imeval.models.facts import PART_IF_SET
from imeval.models.unset import marked, unset


@dataclass(frozen=True)
class Settings:
    old: int = 0
    new: Annotated[str | None, PART_IF_SET] = None
    more: Annotated[Mapping[str, Any], PART_IF_SET] = field(default_factory=dict)


def test_a_marked_setting_with_its_default_is_unset() -> None:
    assert marked(Settings()) == {"new", "more"}
    assert unset(Settings(old=1)) == {"new", "more"}
    assert unset(Settings(new="x")) == {"more"}
    assert unset(Settings(more={"a": 1}, new="x")) == set()
