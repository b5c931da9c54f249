from importlib import import_module

import pytest
from imeval.figures import module_name
from imeval.plan import discovery, source


@pytest.mark.parametrize("name", discovery.figures())
def test_every_figure_has_its_four_parts(name: str) -> None:
    module = import_module(f"imeval.{module_name(name)}")
    assert discovery.figures()[name] == module.SOURCES
    assert {key.name for key in discovery.figure_keys(name)} == set(module.Settings.__dataclass_fields__)
    # Each key has a default: a figure is drawn without a word in the configuration.
    assert module.Settings() == module.Settings(**{key.name: key.default for key in discovery.figure_keys(name)})
    assert source.docstring(source.path_of(module_name(name))).endswith(".")
    assert callable(module.figure)
