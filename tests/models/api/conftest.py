from collections.abc import Iterator
from pathlib import Path

import pytest
from imeval.models.api import batches, retries
from imeval.models.api.openai import Settings
from models.openai_server import Server, serving


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(batches, "CREATION_SECONDS", 0.0)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


@pytest.fixture
def settings(server: Server, tmp_path: Path) -> Settings:
    return Settings("gpt-4o-2024-08-06", store=str(tmp_path), base_url=server.url, max_attempts=3, timeout=60)
