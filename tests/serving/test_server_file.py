import json
import subprocess
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event

import pytest
from imeval.base import locks
from imeval.base.errors import UserError
from imeval.serving import server_file


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(locks.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(server_file, "_SECONDS_BETWEEN_LOOKS", 0.01)
    return str(tmp_path / "large.json")


def ended_process() -> int:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


def test_a_turn_waits_for_the_address(file: str) -> None:
    Path(file).write_text("")
    with ThreadPoolExecutor(1) as pool:

        def address() -> server_file.Address:
            with server_file.turn(file) as found:
                return found

        waiting: Future[server_file.Address] = pool.submit(address)
        server_file.write_state(file)
        time.sleep(0.1)
        assert not waiting.done()
        server_file.write_state(file, base_url="http://127.0.0.1:1/v1", key="kf3")
        assert waiting.result(10) == server_file.Address("http://127.0.0.1:1/v1", "kf3")


def test_only_its_owner_can_read_the_key_of_a_server(file: str) -> None:
    server_file.write_state(file, base_url="http://127.0.0.1:1/v1", key="kf3")
    assert Path(file).stat().st_mode & 0o777 == 0o600


def test_two_ask_at_a_time_and_the_next_when_one_is_done(file: str) -> None:
    server_file.write_state(file, base_url="http://127.0.0.1:1/v1", key="kf3")
    entered = Event()

    def third() -> None:
        with server_file.turn(file):
            entered.set()

    with ThreadPoolExecutor(1) as pool, server_file.turn(file), ExitStack() as stack:
        stack.enter_context(server_file.turn(file))
        pool.submit(third)
        assert not entered.wait(0.2)
        stack.close()
        assert entered.wait(10)


def test_jobs_that_wait_for_a_server_that_failed_get_its_error(file: str) -> None:
    server_file.write_state(file, error="models.large: vllm serve: expected a healthy server, found none")
    with pytest.raises(UserError, match=r"^models\.large: vllm serve: expected a healthy server, found none$"):
        server_file.turn(file).__enter__()


@pytest.mark.parametrize("known", [{}, {"base_url": "http://127.0.0.1:1/v1", "key": "kf3"}])
def test_a_server_whose_watching_process_was_killed_has_ended(file: str, known: dict[str, str]) -> None:
    Path(file).write_text(json.dumps({"pid": ended_process()} | known))
    with pytest.raises(UserError, match=r"models\.large: server: expected a running server, found none, it has ended"):
        server_file.turn(file).__enter__()


def test_a_server_that_is_well_has_not_failed(file: str) -> None:
    server_file.write_state(file, base_url="http://127.0.0.1:1/v1", key="kf3")
    assert server_file.failure(file) is None


@pytest.mark.parametrize(
    ("program", "revision", "name"),
    [("vllm", "abc", "a/b"), ("transformers", "abc", "a/b@abc"), ("transformers", None, "a/b")],
)
def test_requests_use_the_name_that_the_server_gives_the_model(
    program: server_file.Program, revision: str, name: str
) -> None:
    assert server_file.model_name(program, "a/b", revision) == name
