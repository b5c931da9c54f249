import gc
import os
import signal
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings
from projects import Project, compiled, end_forks

# A busy machine is no mistake of the code's.
settings.register_profile("imeval", deadline=None)
settings.load_profile("imeval")

# Workers share two cores: threads that wait for each other in a loop take them from one another. A job that loads a
# model has as many threads as its configuration asks for, whatever stands here.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# A shell starts its background jobs with Ctrl-C switched off, and whatever they start inherits that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Of test_slurm.py, which waits more than it computes, the last test alone needs the demo.
LONGEST = ("test_demo.py", "test_slurm.py", "test_api.py", "test_faults.py", "test_all.py")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep modules and tests, which live to the end, out of the search for garbage: it takes seconds among them."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return more processes than two cores if there are slow tests.

    Those of clusters, servers and killed runs wait for much of their time.
    """
    return 2 if config.option.markexpr == "not slow" else 3


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the files whose tests take longest; those that need the demo come after it."""
    order = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: (order.get(item.path.name, len(order)), item.path.parent.name != "workflow"))


def pytest_unconfigure() -> None:
    end_forks()


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder of all workers."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


@pytest.fixture(scope="session")
def workflow(shared: Path) -> Project:
    """The workflow, of which every test takes a copy."""
    project = Project(shared / "workflow")
    with FileLock(project.folder.with_suffix(".lock")):
        return project if project.folder.exists() else compiled(project.folder)


@pytest.fixture
def project(workflow: Project, tmp_path: Path) -> Project:
    return workflow.copied(tmp_path / "project")


@pytest.fixture(scope="session")
def new_project(workflow: Project, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Project]:
    return lambda: workflow.copied(tmp_path_factory.mktemp("run") / "project")


@pytest.fixture(scope="session")
def demo(workflow: Project, shared: Path) -> Project:
    """The demo, run once from nothing for all workers; a test that changes it does so in a copy."""
    project = Project(shared / "demo")
    with FileLock(project.folder.with_suffix(".lock")):
        if not project.folder.exists():
            outcome = workflow.copied(project.folder).snakemake(cores=8)
            assert outcome.code == 0, outcome.output
    return project
