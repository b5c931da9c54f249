import pytest
import small_run
from fastapi.testclient import TestClient
from imeval.viewer.browsed import Browsed


@pytest.fixture(scope="session")
def browsed(tmp_path_factory: pytest.TempPathFactory) -> Browsed:
    return small_run.write(tmp_path_factory.mktemp("small"))


@pytest.fixture
def client(browsed: Browsed) -> TestClient:
    return small_run.client(browsed)
