from dataclasses import FrozenInstanceError, fields

import pytest
from imeval.tables.layout import Layout


def test_a_layout_must_name_the_models_that_have_rows() -> None:
    with pytest.raises(TypeError, match="models"):
        Layout()  # type: ignore[call-arg]


def test_a_layout_needs_nothing_that_it_does_not_name() -> None:
    layout = Layout(models="mllm")
    assert [getattr(layout, field.name) for field in fields(layout) if field.name != "models"] == [False] * 9 + [None]


def test_the_facts_of_a_layout_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        Layout(models="all").ranks = True  # type: ignore[misc]
