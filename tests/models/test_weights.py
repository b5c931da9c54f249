from collections.abc import Callable

import pytest
from imeval.models import weights


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str]], object]:
    monkeypatch.setattr(weights, "_held", [])
    return lambda settings: object()


def test_weights_of_equal_settings_are_loaded_once(load: Callable[[dict[str, str]], object]) -> None:
    first = weights.held(load, {"weights": "a"})
    assert weights.held(load, {"weights": "a"}) is first
    assert weights.held(load, {"weights": "b"}) is not first


def test_another_loader_loads_its_own(load: Callable[[dict[str, str]], object]) -> None:
    first = weights.held(load, {"weights": "a"})
    assert weights.held(lambda settings: object(), {"weights": "a"}) is not first
