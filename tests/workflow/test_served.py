"""A served model from its start to its end, by a program that is called like `vllm serve`."""

import os
import signal
import subprocess
import sys

import photographs
import pytest
import server_program
from running import processes, wait_until

pytestmark = pytest.mark.slow

SHARDS = 2
COUNT = 14
CONFIGURATION = """
models:
  served: &served
    title: A served model
    group: mllm
    backend: served
    program: vllm
    tasks: [cw]
    weights: {path: somebody/large}
    arguments: {max_model_len: 8192}
    gpus: 3
    stop_timeout: 1
    concurrency: 2
    encoder: sbert
    templates: none
  another: {<<: *served, title: Another served model, weights: {path: somebody/larger}, gpus: 1}
run: {image_set: mine, labels: mine, models: [served, another]}
"""


class Served:
    """A project with two served models, and what their servers note."""

    def __init__(self, project) -> None:
        self.project = project
        self.programs = project.folder / "programs"
        server_program.installed(self.programs)

    def targets(self, *models: str) -> list[str]:
        shards = [f"{number:05d}-of-{SHARDS:05d}" for number in range(SHARDS)]
        return [f"results/responses/mine/cw/{model}/{shard}.parquet" for model in models for shard in shards]

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "snakemake", *arguments, "--configfile", "mine.yaml", "--nolock"]
        path = f"{self.programs}{os.pathsep}{os.environ['PATH']}"
        # A proxy that answers nobody: a server of this machine is asked without one.
        environment = os.environ | {"PATH": path, "http_proxy": "http://127.0.0.1:9"}
        return subprocess.Popen(
            command,
            cwd=self.project.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str) -> tuple[int, str]:
        running = self.start(*arguments)
        output, _ = running.communicate(timeout=300)
        return running.returncode, output

    def mode(self, mode: str) -> None:
        (self.programs / "mode.txt").write_text(mode)

    def noted(self, name: str) -> list[str]:
        path = self.programs / f"{name}.txt"
        return path.read_text().splitlines() if path.exists() else []

    def forget(self) -> None:
        for name in ("servers", "asked"):
            (self.programs / f"{name}.txt").unlink(missing_ok=True)

    def answers(self) -> int:
        return sum(path.read_bytes().count(b"\n") for path in self.project.folder.glob("results/store/*/*.jsonl"))


def nothing_is_left(served: Served) -> None:
    wait_until(lambda: not processes(served.project.folder), 30, lambda: processes(served.project.folder))


@pytest.fixture
def served(project) -> Served:
    photographs.add(project, COUNT, step=10)
    project.write("mine.yaml", photographs.configuration("my photographs", shards=SHARDS) + CONFIGURATION)
    for name in ("large", "larger"):
        project.write(f"somebody/{name}/config.json", "{}")
    return Served(project)


def test_no_process_is_left_however_a_run_ends_and_no_answer_is_asked_for_again(served: Served) -> None:
    served.mode("refuse")
    code, output = served.run(*served.targets("served"), "--cores", "1")
    assert code != 0
    assert "found 'somebody/large' (HTTP 404)" in output, output
    nothing_is_left(served)

    served.mode("slow")
    served.forget()
    for number, send in ((signal.SIGINT, os.killpg), (signal.SIGKILL, os.kill)):
        before = served.answers()
        running = served.start(*served.targets("served"), "--cores", "2")
        wait_until(lambda before=before: served.answers() > before, 120, running.poll)
        send(running.pid, number)
        running.communicate(timeout=60)
        nothing_is_left(served)

    served.mode("answer")
    asked, answered = len(served.noted("asked")), served.answers()
    # As Snakemake counts, there are cores and GPUs for both.
    code, output = served.run(*served.targets("served", "another"), "--cores", "4", "--resources", "gpu=4")
    assert code == 0, output
    nothing_is_left(served)
    assert len(served.noted("asked")) - asked == 2 * COUNT - answered
    assert served.answers() == 2 * COUNT
    notes = [note.split() for note in served.noted("servers")]
    assert [what for what, *_ in notes] == ["started", "ended"] * 4
    assert [name for _, _, _, name, *_ in notes[4:]] in (
        ["somebody/large"] * 2 + ["somebody/larger"] * 2,
        ["somebody/larger"] * 2 + ["somebody/large"] * 2,
    )
    assert not list(served.project.folder.glob("results/servers/*"))
    assert "Nothing to be done" in served.run(*served.targets("served"), "--cores", "1", "-n")[1]
