from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings
from projects import Project, copied

# A busy machine is no mistake of the code's.
settings.register_profile("imeval", deadline=None)
settings.load_profile("imeval")


LONGEST = ("test_demo.py", "test_api.py", "test_faults.py", "test_slurm.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the files begin first whose tests take longest, and those that wait for the demo after it."""
    order = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: (order.get(item.path.name, len(order)), item.path.parent.name != "workflow"))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return copied(tmp_path / "project")


@pytest.fixture(scope="session")
def new_project(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Project]:
    return lambda: copied(tmp_path_factory.mktemp("run") / "project")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Project:
    """The demo, run once from nothing for all workers; a test that changes it does so in a copy."""
    own = tmp_path_factory.getbasetemp()
    project = Project((own if worker_id == "master" else own.parent) / "demo")
    with FileLock(project.folder.with_suffix(".lock")):
        if not project.folder.exists():
            outcome = copied(project.folder).snakemake(cores=8)
            assert outcome.code == 0, outcome.output
    return project
