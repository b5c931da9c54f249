"""A model whose weights take long to load: one worker answers all jobs of a run."""

import os
import signal
import subprocess
import sys

import photographs
import pytest
from projects import Project
from running import processes, wait_until

pytestmark = pytest.mark.slow

SHARDS = 2
COUNT = 8
BACKEND = '''"""A toy chat model whose weights take two seconds."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from imeval.asking.exchange import Request, Response
from imeval.asking.prompts import Message
from imeval.models import weights
from imeval.models.chat.settings import Settings as ChatSettings
from imeval.models.facts import Backend

BACKEND = Backend(rules=("answer", "answer_choices"), greedy=True, one_image=True, by_worker=True)


@dataclass(frozen=True)
class Settings(ChatSettings):
    """A toy chat model."""

    max_new_tokens: int = 8
    """Tokens after which an answer is cut off."""


@dataclass(frozen=True)
class Toy:
    """A chat model that answers every request alike."""

    settings: Settings
    identity: str = "toy"

    def answer(self, requests: Iterable[Request]) -> Iterator[Response]:
        """Answer requests in order."""
        for request in requests:
            weights.held(loaded, self.settings.weights)
            note("asked.txt")
            time.sleep(0.2)
            yield Response.from_text(request.request_key, "tench", cut_off=False)

    def rendered(self, messages: Sequence[Message]) -> str:
        """Return the text before the image."""
        return str(messages[-1].parts[0])


def loaded(path: str) -> str:
    """Load the weights, slowly."""
    note("loads.txt")
    time.sleep(2)
    return path


def note(name: str) -> None:
    """Write a line, with which a test counts."""
    with open(name, "a") as file:
        file.write("1\\n")


def load(settings: Settings) -> Toy:
    """Return the model."""
    return Toy(settings)
'''
CONFIGURATION = """
models:
  toy:
    title: A toy
    group: mllm
    backend: toy
    tasks: [ow, cw, cw_plus]
    weights: {path: weights.txt}
    encoder: sbert
    templates: none
run: {image_set: mine, labels: mine, models: [toy]}
"""


def targets(*tasks: str) -> list[str]:
    shards = [f"{number:05d}-of-{SHARDS:05d}" for number in range(SHARDS)]
    return [f"results/responses/mine/{task}/toy/{shard}.parquet" for task in tasks for shard in shards]


def start(project: Project, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "snakemake", *arguments, "--cores", "2", "--configfile", "mine.yaml"]
    return subprocess.Popen(
        command,
        cwd=project.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def run(project: Project, *arguments: str) -> str:
    outcome = project.snakemake(*arguments, "--configfile", "mine.yaml")
    assert outcome.code == 0, outcome.output
    return outcome.output


def noted(project: Project, name: str) -> int:
    path = project.folder / name
    return len(path.read_text().splitlines()) if path.exists() else 0


def test_weights_are_loaded_once_for_all_tasks_and_shards_of_a_run_and_a_killed_run_goes_on(project: Project) -> None:
    photographs.add(project, COUNT)
    project.write("workflow/scripts/imeval/models/chat/toy.py", BACKEND)
    project.write("weights.txt", "weights")
    project.write("mine.yaml", photographs.configuration("my photographs", shards=SHARDS) + CONFIGURATION)

    running = start(project, *targets("ow", "cw"))
    wait_until(lambda: noted(project, "asked.txt") > 2, 120, running.poll)
    os.kill(running.pid, signal.SIGKILL)
    running.communicate(timeout=60)
    wait_until(lambda: not processes(project.folder), 30, lambda: processes(project.folder))
    assert noted(project, "loads.txt") == 1
    killed = noted(project, "asked.txt")

    run(project, *targets("ow", "cw"))
    assert noted(project, "loads.txt") == 2
    # What was under way when the run was killed may be asked again.
    assert 2 * COUNT <= noted(project, "asked.txt") <= 2 * COUNT + 1
    assert noted(project, "asked.txt") > killed
    assert "Nothing to be done" in run(project, *targets("ow", "cw"), "-n")

    # A new task has a worker too, and asks nothing else.
    before = noted(project, "asked.txt")
    run(project, *targets("ow", "cw", "cw.id"))
    assert (noted(project, "loads.txt"), noted(project, "asked.txt") - before) == (3, COUNT)
    assert not list(project.folder.glob("results/servers/*"))
