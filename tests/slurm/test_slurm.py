"""A real scheduler: the same bytes as a local run, whatever happens to jobs and nodes, and nothing asked twice."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import photographs
import pytest
from models.openai_server import Server, completion, image_of, serving
from projects import Outcome, Project

from .one_machine import Cluster

pytestmark = pytest.mark.slow

DEMO_IMAGES, ASKED = 20, 6
COUNT, SHARDS = 8, 2
CONFIGURATION = """
models:
  api:
    title: A model behind an API
    group: mllm
    backend: openai
    tasks: [cw]
    api_model: test
    base_url: {url}
    concurrency: 1
    encoder: sbert
    templates: none
run: {{image_set: mine, labels: mine, models: [api]}}
"""
TABLE = "results/tables/table4.csv"
RESPONSES = tuple(f"results/responses/mine/cw/api/0000{shard}-of-0000{SHARDS}.parquet" for shard in range(SHARDS))
# The first attempt of the first shard is killed while it starts.
TOO_LITTLE_MEMORY = (
    "--set-resources",
    "answer:mem_mb=100 if attempt == 1 and wildcards.shard.startswith('00000-') else 2000",
)
# A text a class, as in open world: seven take a core most of a minute.
A_MODEL_OF_EACH_GROUP = """
run: {models: [socratic, conse, efficientnet_lite0]}
models: {socratic: {templates: none}, conse: {templates: none}}
"""
ONE_CORE = ("embed_classes=1", "embed_answers=1", "answer=1", "classify=1")
PROFILE = ("--workflow-profile", "profiles/slurm", "--slurm-init-seconds-before-status-checks", "1")
LOGIN_NODE = {"HF_HUB_OFFLINE": "1", "PYTHONPATH": str(Path(__file__).with_name("login_node"))}


def started(
    slurm: Cluster, project: Project, *arguments: str, log: str = "run.log", **variables: str
) -> subprocess.Popen[str]:
    """Snakemake under the profile of the cluster, its output in a file."""
    command = [sys.executable, "-m", "snakemake", *arguments, *PROFILE]
    with open(project.folder / log, "w") as output:
        return subprocess.Popen(
            command,
            cwd=project.folder,
            env=slurm.environment | LOGIN_NODE | variables,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )


def ended(project: Project, run: subprocess.Popen[str], log: str = "run.log", seconds: float = 900) -> Outcome:
    try:
        run.wait(seconds)
    finally:
        run.kill()
    return Outcome(run.wait(), (project.folder / log).read_text())


def on_cluster(slurm: Cluster, project: Project, *arguments: str) -> Outcome:
    return ended(project, started(slurm, project, *arguments))


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        running.answers = lambda body: completion("tench" if image_of(body) < "8" else "hen")
        yield running


@pytest.fixture
def photographed(new_project, server: Server) -> Callable[[], Project]:
    def new() -> Project:
        project = new_project()
        photographs.add(project, COUNT)
        images = photographs.configuration("my eight photographs", shards=SHARDS)
        project.write("mine.yaml", images + CONFIGURATION.format(url=server.url))
        return project

    return new


def until(happened: Callable[[], bool], project: Project, run: subprocess.Popen[str], seconds: float = 300) -> None:
    """Wait for what a run leads to."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert run.poll() is None, (project.folder / "run.log").read_text()
        assert time.monotonic() < deadline, (project.folder / "run.log").read_text()
        time.sleep(0.2)


def logs_of_slurm(project: Project, rule: str) -> list[str]:
    return [path.read_text() for path in (project.folder / f"results/logs/slurm/rule_{rule}").rglob("*.log")]


def test_killed_jobs_too_little_memory_and_a_drained_node_cost_no_answer_and_no_byte(
    slurm: Cluster, server: Server, photographed: Callable[[], Project]
) -> None:
    here, project = photographed(), photographed()
    command = (TABLE, "--configfile", "mine.yaml", *TOO_LITTLE_MEMORY)
    outcome = here.snakemake(TABLE, "--configfile", "mine.yaml")
    assert outcome.code == 0, outcome.output
    server.asked.clear()

    # The first attempt of the first shard is over its memory. The job that asks first is killed by scancel, after two
    # answers: the second attempt of that shard or, if its pictures were read first, the other shard.
    server.answer_limit = 2
    run = started(slurm, project, *command)
    until(lambda: len(server.asked) == 3, project, run)
    # One job asks an API at a time, though two shards are ready.
    (job,) = slurm.jobs(form="%A")
    del server.asked[2:]
    server.answer_limit, server.latency = None, 1.0
    slurm.run("scancel", job)

    # In the midst of the next the node is drained: its job ends, the one after it waits in vain, and the user gives up.
    until(lambda: len(server.asked) == 3, project, run)
    slurm.node("drain")
    until(lambda: slurm.jobs(form="%T") == ["PENDING"], project, run)
    # What was left of the shard whose job was killed, or all of the other.
    assert len(server.asked) in (4, 6)
    run.send_signal(signal.SIGINT)
    outcome = ended(project, run)
    assert outcome.code != 0
    assert outcome.output.count("Submitted array job") == 1
    assert slurm.jobs() == []
    assert not (project.folder / TABLE).exists()
    logs = logs_of_slurm(project, "answer")
    assert sum("CANCELLED" in log and "exceeded memory limit" not in log for log in logs) == 1
    slurm.node("resume")

    # The same command.
    server.latency = 0.0
    outcome = on_cluster(slurm, project, *command)
    assert outcome.code == 0, outcome.output
    # In this run, or in both: a first attempt of the first shard may have had no turn before the drain.
    assert any("exceeded memory limit" in log for log in logs_of_slurm(project, "answer"))
    assert Counter(map(image_of, server.asked)) == Counter(dict.fromkeys(server.asked_about(), 1))
    assert len(server.asked) == COUNT
    assert project.results() == here.results()


def answered(project: Project) -> dict[str, bytes]:
    return {name: content for name, content in project.results().items() if name.startswith("responses/")}


def unanswered(project: Project, folder: Path) -> Project:
    """A copy whose pictures are read, and which has asked nothing."""
    copy = project.copied(folder)
    for name in ("responses", "store", "logs/responses"):
        shutil.rmtree(copy.folder / "results" / name)
    return copy


def test_a_job_that_is_killed_while_it_uploads_a_batch_submits_it_once(
    slurm: Cluster, server: Server, photographed: Callable[[], Project], tmp_path: Path
) -> None:
    here = photographed()
    settings = (here.folder / "mine.yaml").read_text()
    here.write("mine.yaml", settings.replace("concurrency: 1", "batch: true\n    batch_poll: 0.2"))
    command = (*RESPONSES, "--configfile", "mine.yaml")
    outcome = here.snakemake(*command)
    assert outcome.code == 0, outcome.output
    project = unanswered(here, tmp_path / "project")
    server.batches.clear()

    server.upload_latency = 600.0
    run = started(slurm, project, *command)
    entries = project.folder / "results/store/api/batches"
    until(lambda: any(entries.glob("*.json")), project, run)
    server.upload_latency = 0.0
    # One uploads, and the other waits for its turn.
    slurm.run("scancel", *slurm.jobs(form="%A"))
    outcome = ended(project, run)
    assert outcome.code == 0, outcome.output
    assert sorted(server.submitted().values()) == [1] * COUNT
    assert len(server.batches) == SHARDS
    assert answered(project) == answered(here)


def test_two_login_nodes_at_once_ask_nothing_twice_whether_their_locks_reach_each_other_or_not(
    slurm: Cluster, server: Server, photographed: Callable[[], Project], tmp_path: Path
) -> None:
    here = photographed()
    command = (*RESPONSES, "--configfile", "mine.yaml")
    outcome = here.snakemake(*command)
    assert outcome.code == 0, outcome.output
    project = unanswered(here, tmp_path / "project")
    server.asked.clear()

    server.latency = 3.0
    first = started(slurm, project, *command)
    until(lambda: bool(server.asked), project, first)
    second = ended(project, started(slurm, project, *command, log="second.log"), "second.log")
    assert second.code != 0
    assert f"run: expected no other in this folder, found process {first.pid} on " in second.output

    third = started(slurm, project, *command, log="third.log", LOCKS_REACH_NO_OTHER_NODE="1")
    until(lambda: len(slurm.jobs(form="%A")) > 1, project, first)
    server.latency = 0.0
    for run, log in ((first, "run.log"), (third, "third.log")):
        ended(project, run, log)
    # Whatever one node removed of the other's, the same command makes it of the answers that there are.
    outcome = on_cluster(slurm, project, *command)
    assert outcome.code == 0, outcome.output
    assert set(server.asked_about().values()) == {1}
    assert len(server.asked) == COUNT
    assert answered(project) == answered(here)


def test_the_demo_to_table_3_is_the_same_bytes_with_a_core_a_job_as_on_one_machine(
    slurm: Cluster, demo: Project, new_project: Callable[[], Project], tmp_path: Path
) -> None:
    on_one_machine, project = demo.copied(tmp_path / "here"), new_project()
    for folder in ("downloads", "checkpoints"):
        shutil.copytree(demo.folder / "results" / folder, project.folder / "results" / folder, copy_function=os.link)
    # The language model, which takes longest, is asked about the last six photographs.
    for stored in (demo.folder / "results/store/socratic").glob("*.jsonl"):
        answers = stored.read_text().splitlines(keepends=True)
        assert len(answers) == DEMO_IMAGES
        project.write(str(stored.relative_to(demo.folder)), "".join(answers[:-ASKED]))
    command = ("results/tables/table3.tex", "--configfile", "mine.yaml")
    for each in (on_one_machine, project):
        each.write("mine.yaml", A_MODEL_OF_EACH_GROUP)
    outcome = on_one_machine.snakemake(*command)
    assert outcome.code == 0, outcome.output
    # What is compared with is the demo's, but for what follows from the other texts.
    assert outcome.jobs().isdisjoint({"list_images", "extract_images", "answer", "classify"})
    assert {"compare", "table"} <= outcome.jobs()
    outcome = on_cluster(slurm, project, *command, "--set-threads", *ONE_CORE)
    assert outcome.code == 0, outcome.output
    logs = (project.folder / "results/logs/responses/demo").rglob("*.log")
    assert [f"{DEMO_IMAGES} requests: {ASKED} sent" in log.read_text() for log in logs] == [True, True]
    here, there = on_one_machine.results(), project.results()
    assert {"tables/table3.tex", "tables/table3.csv", "tables/table3.html"} <= there.keys()
    assert json.loads(there["provenance.json"])["tables"] == ["table3"]
    assert [name for name, content in there.items() if here.get(name) != content] == []
    # Models went where GPUs are, and no other job.
    sent = set(re.findall(r"Auto-selected partition '(\w+)' for job (\w+)", outcome.output))
    on_gpus = {rule for partition, rule in sent if partition == "gpu"}
    assert on_gpus == {"answer", "classify", "embed_answers", "embed_classes"}
    assert sent - {("gpu", rule) for rule in on_gpus} == {
        ("cpu", rule) for rule in ("compare", "embed_images", "extract_images", "list_images", "zero_shot")
    }
