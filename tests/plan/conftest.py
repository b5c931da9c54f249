from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from imeval.base.errors import UserError
from imeval.plan import configuration
from imeval.plan.schema import SCHEMAS as NAMES
from imeval.plan.schema import read_schemas
from projects import ROOT

FILES = [f"config/{name}.yaml" for name in NAMES]
SCHEMAS = read_schemas(ROOT / "config/schemas")


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The configuration that comes with the project, merged; the working directory is the project's."""
    monkeypatch.chdir(ROOT)
    merged: dict[str, Any] = {}
    for file in FILES:
        merged |= yaml.safe_load(Path(file).read_text())
    return deepcopy(merged)


def mistakes(config: dict[str, Any]) -> list[str]:
    """The lines with which a configuration is refused."""
    with pytest.raises(UserError) as caught:
        configuration.check(config, SCHEMAS, FILES)
    return str(caught.value).splitlines()
