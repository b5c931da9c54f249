from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings
from projects import Project, copied

# A busy machine is no mistake of the code's.
settings.register_profile("imeval", deadline=None)
settings.load_profile("imeval")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return copied(tmp_path / "project")


@pytest.fixture(scope="session")
def new_project(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Project]:
    return lambda: copied(tmp_path_factory.mktemp("run") / "project")


@pytest.fixture(scope="session")
def demo(new_project: Callable[[], Project]) -> Project:
    """The demo, run once from nothing; a test that changes it does so in a copy."""
    project = new_project()
    outcome = project.snakemake(cores=8)
    assert outcome.code == 0, outcome.output
    return project
