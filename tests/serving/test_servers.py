import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psutil
import pytest
import server_program
from imeval.base.errors import UserError
from imeval.serving import servers
from imeval.serving.servers import Settings
from running import wait_until

SCRIPTS = Path(servers.__file__).parents[2]
LARGE = Settings("large", "vllm", "somebody/large", "abc", stop_timeout=0.3)


def test_the_command_line_of_vllm() -> None:
    settings = replace(
        LARGE,
        arguments={"max_model_len": 32768, "limit_mm_per_prompt": {"image": 10}, "enable_prefix_caching": False},
        hardware={"tensor_parallel_size": 8, "enforce_eager": True, "middleware": ["a", "b"]},
    )
    assert servers.command(settings, 4321) == [
        *("vllm", "serve", "somebody/large"),
        *("--max-model-len", "32768"),
        *("--limit-mm-per-prompt", '{"image": 10}'),
        "--no-enable-prefix-caching",
        *("--tensor-parallel-size", "8"),
        "--enforce-eager",
        *("--middleware", "a", "b"),
        *("--host", "127.0.0.1", "--port", "4321", "--revision", "abc"),
    ]


def test_the_command_line_of_transformers() -> None:
    settings = Settings("large", "transformers", "somebody/large", "abc", {"dtype": "bfloat16"}, {"device": "cuda:0"})
    assert servers.command(settings, 4321) == [
        *("transformers", "serve", "somebody/large@abc"),
        *("--dtype", "bfloat16", "--device", "cuda:0", "--host", "127.0.0.1", "--port", "4321"),
    ]
    assert servers.command(replace(settings, revision=None), 1)[2] == "somebody/large"


def test_a_program_that_answers_every_user_of_the_machine_serves_only_if_the_user_allows_it() -> None:
    servers.require_protected("large", "vllm", unprotected=False)
    servers.require_protected("large", "transformers", unprotected=True)
    with pytest.raises(UserError) as caught:
        servers.require_protected("large", "transformers", unprotected=False)
    assert str(caught.value) == (
        "models.large: program: expected a server that asks for a key, found transformers serve, which answers every "
        "user of the machine; use vllm, or set models.large.unprotected: true where you trust all users of the machine"
    )


def test_a_program_that_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError) as caught:
        servers.path_of("large", "vllm")
    assert str(caught.value) == (
        "models.large: program: expected an installed vllm, found none; install it in a separate environment and put a "
        "link to it on the PATH"
    )


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program called `vllm` on the PATH, and a lock folder of the test's own."""
    monkeypatch.setenv("PATH", f"{tmp_path / 'programs'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return server_program.installed(tmp_path / "programs")


class Serving:
    """A process that serves, as Snakemake starts it."""

    def __init__(self, tmp_path: Path, name: str, settings: Mapping[str, Any] | None = None, **environment: str):
        self.file, self.log = tmp_path / f"{name}.json", tmp_path / f"{name}.job.log"
        described = {"model": name, "program": "vllm", "weights": "somebody/large", "stop_timeout": 0.3}
        words = [json.dumps(described | dict(settings or {})), str(os.getpid()), str(self.file), str(self.log)]
        command = [sys.executable, str(SCRIPTS / "serve.py"), *words, str(tmp_path / f"{name}.log")]
        self.process = subprocess.Popen(command, env=os.environ | environment)

    @property
    def known(self) -> dict[str, Any]:
        return json.loads(self.file.read_text()) if self.file.exists() else {}

    def until_healthy(self) -> list[psutil.Process]:
        start = time.monotonic()
        while "base_url" not in self.known:
            assert time.monotonic() - start < 60
            assert self.process.poll() is None
            time.sleep(0.02)
        return psutil.Process(self.process.pid).children(recursive=True)


def test_a_server_that_is_not_healthy_in_time_is_ended_with_an_error(tmp_path: Path, program: Path) -> None:
    program.write_text("#!/bin/sh\necho starting\nexec sleep 600\n")
    serving = Serving(tmp_path, "large", {"start_timeout": 1})
    assert serving.process.wait(30) == 1
    assert serving.known["error"] == (
        f"models.large: vllm serve: expected a healthy server, found none after 1 s; see {tmp_path / 'large.log'}, "
        "or raise models.large.start_timeout"
    )
    assert f"The last lines of {tmp_path / 'large.log'}:\nstarting\n" in serving.log.read_text()


def test_the_last_lines_of_a_server_that_ends_by_itself_are_logged(tmp_path: Path, program: Path) -> None:
    lines = "".join(f"line {number}\\n" for number in range(30))
    program.write_text(f"#!/bin/sh\nprintf '{lines}'\nexit 7\n")
    serving = Serving(tmp_path, "large")
    assert serving.process.wait(30) == 1
    sentence = serving.known["error"]
    assert f"found exit code 7; see {tmp_path / 'large.log'}" in sentence
    log = serving.log.read_text()
    assert sentence in log
    assert "line 9\n" not in log
    assert "line 10\nline 11\n" in log
    assert "line 29\n" in log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_signal_ends_the_server_and_all_its_processes(tmp_path: Path, program: Path, number: int) -> None:
    serving = Serving(tmp_path, "large")
    descendants = serving.until_healthy()
    assert len(descendants) == 3
    serving.process.send_signal(number)
    assert serving.process.wait(30) == (-9 if number == signal.SIGKILL else 0)
    psutil.wait_procs(descendants, timeout=10)
    assert [process for process in descendants if process.is_running()] == []


def attacked(file: Path, address: str) -> list[str]:
    """What a user finds who reads the state of a server, and who asks it without the key."""
    found = []
    for attack in (file.read_text, lambda: urlopen(f"{address}/chat/completions", b"{}").read().decode()):
        try:
            found.append(attack())
        except OSError as error:
            found.append(str(error))
    return found


def attacked_by_another_user(*arguments: Any) -> list[str]:
    # Loads what the request needs, while Python's files can still be read.
    "".encode("idna")
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
    return attacked(*arguments)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can act as another user")
def test_another_user_of_the_machine_finds_no_key_and_gets_no_answer(tmp_path: Path, program: Path) -> None:
    serving = Serving(tmp_path, "large")
    serving.until_healthy()
    known = serving.known
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as pool:
        read, answer = pool.submit(attacked_by_another_user, serving.file, known["base_url"]).result()
    command_lines = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
    serving.process.terminate()
    serving.process.wait(30)
    assert "Permission denied" in read
    assert answer == "HTTP Error 401: Unauthorized"
    assert not [line for line in command_lines if known["key"] in line]


def test_a_server_whose_supervisor_is_killed_ends_too_with_an_error(tmp_path: Path, program: Path) -> None:
    serving = Serving(tmp_path, "large")
    supervising, *others = serving.until_healthy()
    supervising.kill()
    assert serving.process.wait(30) == 1
    assert "found exit code -9" in serving.known["error"]
    psutil.wait_procs(others, timeout=10)
    assert [process for process in others if process.is_running()] == []


@pytest.mark.parametrize(
    ("first", "second"),
    [({}, {"CUDA_VISIBLE_DEVICES": "0"}), ({"CUDA_VISIBLE_DEVICES": "0,1"}, {"CUDA_VISIBLE_DEVICES": "1"})],
)
def test_two_servers_never_use_the_same_gpu_at_once(
    tmp_path: Path, program: Path, first: dict[str, str], second: dict[str, str]
) -> None:
    before = Serving(tmp_path, "before", {"stop_timeout": 10}, **first)
    before.until_healthy()
    after = Serving(tmp_path, "after", **second)
    wait_until(lambda: after.log.exists() and "Waiting for another server" in after.log.read_text(), 60)
    assert after.known == {}
    # After the kill its supervisor holds the GPUs until the server has ended. Without the worker, the server itself
    # decides when that is.
    program.with_name("mode.txt").write_text("linger")
    psutil.Process(before.process.pid).children(recursive=True)[-1].kill()
    before.process.kill()
    after.until_healthy()
    program.with_name("mode.txt").write_text("answer")
    after.process.terminate()
    after.process.wait(30)
    before.process.wait(30)
    notes = (program.parent / "servers.txt").read_text().splitlines()
    assert [note.split()[0] for note in notes] == ["started", "ended", "started", "ended"]


def test_two_servers_on_different_gpus_run_side_by_side(tmp_path: Path, program: Path) -> None:
    both = [Serving(tmp_path, name, CUDA_VISIBLE_DEVICES=gpu) for name, gpu in (("one", "0"), ("two", "1"))]
    for serving in both:
        serving.until_healthy()
    for serving in both:
        serving.process.terminate()
        assert serving.process.wait(30) == 0


def test_another_server_that_took_the_port_meanwhile_is_not_taken_for_the_models(tmp_path: Path, program: Path) -> None:
    program.with_name("mode.txt").write_text("hang")
    serving = Serving(tmp_path, "large", {"start_timeout": 2})
    notes = program.with_name("servers.txt")
    while not notes.exists() or not notes.read_text().endswith("\n"):
        time.sleep(0.02)
    words = notes.read_text().split()
    port = int(words[words.index("--port") + 1])
    healthy = "import http.server, sys; http.server.test(http.server.SimpleHTTPRequestHandler, port=int(sys.argv[1]))"
    (tmp_path / "health").touch()
    another = subprocess.Popen([sys.executable, "-c", healthy, str(port)], cwd=tmp_path, stderr=subprocess.DEVNULL)
    try:
        while not servers._answers(port):
            time.sleep(0.02)
        assert serving.process.wait(30) == 1
        assert "expected a healthy server, found none after 2 s" in serving.known["error"]
    finally:
        another.kill()
        another.wait()
