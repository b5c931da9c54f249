from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings
from projects import Project, copied

# A busy machine is no mistake of the code's.
settings.register_profile("imeval", deadline=None)
settings.load_profile("imeval")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let one worker run the tests of a file, or all that need the demo: they share what is made once.

    Those that take longest begin first.
    """
    for item in items:
        item.add_marker(pytest.mark.xdist_group("demo" if "demo" in item.fixturenames else item.path.name))
    items.sort(key=lambda item: ("demo" not in item.fixturenames, item.path.parent.name not in ("slurm", "workflow")))


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
