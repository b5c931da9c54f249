from collections.abc import Callable
from contextlib import chdir
from copy import deepcopy
from functools import cache
from typing import Any

import pytest
import yaml
from imeval.base.errors import UserError
from imeval.plan import configuration
from imeval.plan.configuration import Written
from imeval.plan.lineage import Origin
from imeval.plan.schema import SCHEMAS as NAMES
from imeval.plan.schema import read_schemas
from imeval.plan.study import Study, read_study
from projects import ROOT
from snakemake.utils import update_config

FILES = [f"config/{name}.yaml" for name in NAMES]
SCHEMAS = read_schemas(ROOT / "config/schemas")
SERVED = {
    "title": "Large",
    "group": "mllm",
    "backend": "served",
    "program": "vllm",
    "tasks": ["cw"],
    "weights": {"hub": "somebody/large", "revision": "main"},
    "encoder": "sbert",
    "templates": "simple",
}
"""A model behind a server that the run starts."""

HERE = {key: value for key, value in SERVED.items() if key != "program"} | {"backend": "transformers"}
"""A model that runs in jobs."""


@cache
def project_config() -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for file in FILES:
        update_config(merged, yaml.safe_load((ROOT / file).read_text()))
    return merged


def read(*overlays: dict[str, Any], origins: dict[str, Origin] | None = None) -> Study:
    """Return the study of the project's configuration with others laid over it; no rule makes any file."""
    config, known = deepcopy(project_config()), origins or {}
    for overlay in overlays:
        update_config(config, overlay)
    with chdir(ROOT):
        return read_study(
            config,
            Written(FILES),
            ROOT,
            files_may_lack=True,
            origin_of=lambda path: known.get(path, Origin()),
            recorded=lambda path: None,
        )


def mistakes(config: dict[str, Any]) -> list[str]:
    """Return the lines with which a configuration is refused."""
    with pytest.raises(UserError) as caught:
        configuration.check(config, SCHEMAS, Written(FILES))
    return str(caught.value).splitlines()


@pytest.fixture
def config() -> dict[str, Any]:
    """The configuration that comes with the project."""
    return deepcopy(project_config())


@pytest.fixture(autouse=True)
def in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.fixture
def study_of() -> Callable[..., Study]:
    return read


@pytest.fixture(scope="session")
def demo() -> Study:
    return read()


@pytest.fixture(scope="session")
def paper() -> Study:
    return read(yaml.safe_load((ROOT / "config/paper.yaml").read_text()))
