from dataclasses import is_dataclass

import pytest
from imeval.plan import model_keys, settings

CLASSES = [
    name for name, found in vars(model_keys).items() if is_dataclass(found) and found.__module__ == model_keys.__name__
]


@pytest.mark.parametrize("name", CLASSES)
def test_every_key_has_a_description_that_ends_as_a_sentence(name: str) -> None:
    keys = settings.read("plan.model_keys", name)
    assert [key.name for key in keys if not key.description.endswith(".")] == []


def test_a_model_must_have_a_title_a_group_a_backend_and_tasks() -> None:
    keys = settings.read("plan.model_keys", "Model")
    assert [key.name for key in keys if key.default is settings.MISSING] == ["title", "group", "backend", "tasks"]
