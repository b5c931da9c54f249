"""A model behind an API, from photographs to Table 4: nothing is paid for twice, and the key is in no file."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import photographs
import pytest
from models.openai_server import BatchPlan, Json, Reply, Server, completion, failure, image_of, serving

KEY = "sk-test-5b0f7c21aa"
COUNT = 12
CONFIGURATION = """
models:
  api:
    title: A model behind an API
    group: mllm
    backend: openai
    tasks: [cw]
    api_model: test
    base_url: {url}
    concurrency: 2
    prices: {{input: 2.5, output: 10, cached_input: 1.25, batch_discount: 0.5}}
    batch: {batch}
    batch_poll: 0.05
    encoder: sbert
    templates: none
run: {{image_set: mine, labels: mine, models: [api]}}
"""
PROTOCOLS = """
models: {api: {tasks: [cw, mc], answer_format: json, estimate: {repeated_alone: 0.5}}}
tables:
  table20: {layout: variants, title: Images in one request, tasks: [cw.batch_1, cw.batch_5]}
  table21: {layout: multiple_choice, title: Multiple choice, tasks: [mc.imgt_random]}
run: {tables: [table20, table21]}
"""
TABLE, COST, SPENT = "results/tables/table4.csv", "results/cost.csv", "results/spent.csv"

pytestmark = pytest.mark.slow


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        # Every photograph shows a tench; the model takes the lighter half for hens.
        running.answers = lambda body: completion("tench" if image_of(body) < "8" else "hen", cached_tokens=512)
        yield running


@pytest.fixture
def photographed(new_project, monkeypatch: pytest.MonkeyPatch) -> Callable:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    def new(server: Server):
        project = new_project()
        photographs.add(project, COUNT)
        configure(project, server)
        return project

    return new


def configure(project, server: Server, shards: int = 1, batch: str = "false") -> None:
    images = photographs.configuration("my twelve photographs", shards=shards)
    project.write("mine.yaml", images + CONFIGURATION.format(url=server.url, batch=batch))


def run(project, *targets: str):
    return project.snakemake(*targets, "--configfile", "mine.yaml")


def make(project, *targets: str) -> None:
    outcome = run(project, *targets)
    assert outcome.code == 0, outcome.output


def rows(project, target: str) -> list[dict[str, str]]:
    with open(project.folder / target) as file:
        return list(csv.DictReader(file))


def files_with_the_key(project) -> list[str]:
    files = (path for path in project.folder.rglob("*") if path.is_file())
    return [str(path) for path in files if KEY.encode() in path.read_bytes() or KEY in str(path)]


def store_lines(project) -> int:
    return sum(path.read_bytes().count(b"\n") for path in (project.folder / "results/store/api").glob("*.jsonl"))


def test_costs_are_told_before_and_after_and_a_failed_run_goes_on_without_paying_twice(
    server: Server, photographed: Callable
) -> None:
    project = photographed(server)

    make(project, COST)
    (before,) = rows(project, COST)
    assert server.asked == []
    assert (before["images_of"], before["model"], before["task"]) == ("my twelve photographs", "api", "cw")
    assert (before["requests"], before["images"], before["output_tokens"]) == ("12", "12", "144")
    assert 12 * 255 + 12 * 3600 < int(before["input_tokens"]) < 12 * 255 + 12 * 5000
    assert float(before["usd_batch"]) == pytest.approx(float(before["usd"]) / 2, abs=1e-4)
    assert float(before["usd_prefix_caching"]) < float(before["usd"])

    answers, expired = server.answers, failure(401, "invalid_api_key", f"Incorrect API key provided: {KEY}")
    answered: list[str] = []

    def until_the_key_expires(body: Json) -> Reply:
        if len(answered) == 5:
            return expired
        answered.append(image_of(body))
        return answers(body)

    server.answers = until_the_key_expires
    failed = run(project, TABLE)
    assert failed.code != 0
    message = f"environment: OPENAI_API_KEY: key: expected one that {server.url} accepts, found HTTP 401"
    assert failed.output.count(message) == 1, failed.output
    assert "  answers  5 asked for in this run: 5 ok\n  money    $0.01 in this run" in failed.output
    assert "Traceback" not in failed.output
    assert KEY not in failed.output
    assert files_with_the_key(project) == []

    server.answers = answers
    server.asked.clear()
    make(project, TABLE)
    assert {image_of(body) for body in server.asked}.isdisjoint(answered)
    assert len(server.asked) == 7
    assert files_with_the_key(project) == []
    assert server.authorizations == {f"Bearer {KEY}"}
    right = sum(image_of(body) < "8" for body in server.asked) + sum(image < "8" for image in answered)
    (accuracy,) = [row for row in rows(project, TABLE) if (row["labels"], row["category"]) == ("regt", "A")]
    assert float(accuracy["value"]) == pytest.approx(100 * right / 12, abs=0.05)

    configure(project, server, shards=2)
    make(project, TABLE, SPENT)
    # Now the pictures are read, and what they cost is known.
    make(project, COST)
    assert len(server.asked) == 7
    (after,) = rows(project, COST)
    assert (after["requests"], after["usd"]) == ("0", "0.0")
    (paid,) = rows(project, SPENT)
    assert (paid["model"], paid["task"], paid["answers"], paid["input_tokens"]) == ("api", "cw", "12", "12000")
    assert float(paid["usd"]) == pytest.approx(12 * (488 * 2.5 + 512 * 1.25 + 10 * 10) / 1e6, abs=1e-4)
    assert files_with_the_key(project) == []


def answer_in_json_or_by_a_letter(body: Json) -> Reply:
    if "response_format" not in body:
        return completion("A")
    numbers = body["response_format"]["json_schema"]["schema"]["required"]
    return completion(json.dumps(dict.fromkeys(numbers, "tench")))


def test_costs_are_told_of_every_protocol_that_the_tables_need_and_each_request_counts_once(
    server: Server, photographed: Callable
) -> None:
    project = photographed(server)
    project.write("more.yaml", PROTOCOLS)
    server.answers = answer_in_json_or_by_a_letter

    def costs(*others: str) -> dict[str, dict[str, str]]:
        outcome = project.snakemake(COST, *others, "--configfile", "mine.yaml", "more.yaml")
        assert outcome.code == 0, outcome.output
        return {row["task"]: row for row in rows(project, COST)}

    before = costs()
    assert server.asked == []
    assert [(task, row["requests"], row["images"], row["labels"]) for task, row in before.items()] == [
        ("cw", "12", "12", ""),  # each about one image, which is never asked about again
        ("cw.batch_1", "0", "0", ""),  # the same requests
        ("cw.batch_5", "3", "12", ""),  # a batch is never asked about again
        ("mc.imgt_random", "36", "36", "mine"),
        ("total", "51", "60", ""),
    ]
    # No picture is read for it.
    assert {row["estimated"] for row in before.values()} == {"true"}
    assert not (project.folder / "results/images/mine/00000-of-00001.parquet").exists()
    places = ("cw/api", "cw.batch_5/api", "mine/mc.imgt_random/api")
    outcome = project.snakemake(
        *(f"results/responses/mine/{place}/00000-of-00001.parquet" for place in places),
        *("--configfile", "mine.yaml", "more.yaml"),
    )
    assert outcome.code == 0, outcome.output
    assert "51 asked for in this run: 51 ok" in outcome.output
    after = costs(SPENT).values()
    assert {row["requests"] for row in after} == {"0"}
    assert {row["estimated"] for row in after} == {"false"}
    assert {row["task"]: row["answers"] for row in rows(project, SPENT)} == {
        "cw": "12",
        "cw.batch_5": "3",
        "mc.imgt_random": "36",
    }


def killed_in_mid_run(project, reached: Callable[[], bool]) -> None:
    command = [sys.executable, "-m", "snakemake", TABLE, "--configfile", "mine.yaml", "--cores", "2"]
    running = subprocess.Popen(
        command, cwd=project.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    start = time.monotonic()
    while not reached():
        assert running.poll() is None
        assert time.monotonic() - start < 120
        time.sleep(0.02)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()


def parquets(project) -> dict[str, bytes]:
    return {name: content for name, content in project.results().items() if name.endswith(".parquet")}


def test_a_run_killed_in_the_middle_repeats_no_answered_request_and_ends_as_an_uninterrupted_one(
    server: Server, photographed: Callable
) -> None:
    whole, killed = photographed(server), photographed(server)
    make(whole, TABLE)
    server.asked.clear()
    server.answer_limit = 6
    killed_in_mid_run(killed, lambda: store_lines(killed) == 6)
    answered = {image_of(body) for body in server.asked[:6]}
    server.answer_limit = None
    make(killed, TABLE)
    times = server.asked_about()
    assert len(times) == 12
    assert {times[image] for image in answered} == {1}
    assert parquets(killed) == parquets(whole)


def test_a_run_killed_while_it_waits_for_a_batch_submits_it_once(server: Server, photographed: Callable) -> None:
    project = photographed(server)
    configure(project, server, batch="true")
    server.plans.append(BatchPlan(polls=10**6))
    killed_in_mid_run(project, lambda: any(batch.get("polls", 0) > 2 for batch in server.batches.values()))
    server.plan_of["batch-0"] = BatchPlan(polls=0)
    make(project, TABLE)
    assert set(server.submitted().values()) == {1}
    assert len(server.batches) == 1
    assert server.asked == []
    assert files_with_the_key(project) == []
