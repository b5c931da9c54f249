"""Models behind an API that each accept something else, from photographs to Table 4 in one run."""

import csv
import hashlib
import json
from collections.abc import Iterator

import photographs
import pytest
from models.openai_server import Json, Reply, Server, completion, image_of, serving

pytestmark = pytest.mark.slow

COUNT = 6
CONFIGURATION = """
models:
  thinks: &model
    title: A model that thinks
    group: mllm
    backend: openai
    tasks: [cw]
    api_model: thinks
    base_url: {url}
    max_new_tokens: 64
    concurrency: 2
    encoder: sbert
    templates: none
  thinks_in_tags: {{<<: *model, title: Thinks in tags, api_model: thinks-in-tags}}
  fixed: {{<<: *model, title: Refuses temperature, api_model: fixed, temperature: null, seed: null}}
  no_system: {{<<: *model, title: Without a system role, api_model: no-system, system_text: user}}
  parts: {{<<: *model, title: Answers in parts, api_model: parts, max_tokens_parameter: max_tokens}}
run: {{image_set: mine, labels: mine, models: [thinks, thinks_in_tags, fixed, no_system, parts]}}
"""


def answer(body: Json, without_label: str) -> Reply:
    """Answer as the model of a request does, which refuses what it does not accept."""
    refused = {
        "fixed": body.keys() & {"temperature", "seed"},
        "no-system": {"system"} & {message["role"] for message in body["messages"]},
        "parts": body.keys() & {"max_completion_tokens"},
    }.get(body["model"])
    if refused:
        return Reply({"error": {"message": f"Unsupported parameter: {refused}", "param": min(refused)}}, 400)
    # The budget is spent on the photograph that shows nothing.
    spent = image_of(body) == without_label
    match body["model"]:
        case "thinks":
            return thought(None if spent else "tench", spent, reasoning="A fish, so")
        case "thinks-in-tags":
            return thought("<think>A fish, so" if spent else "<think>A fish, so</think>\n\ntench", spent)
        case "parts":
            parts = [{"type": "thinking", "thinking": [{"type": "text", "text": "A fish"}]}]
            return completion([*parts, {"type": "text", "text": "ten"}, {"type": "text", "text": "ch"}])  # type: ignore[arg-type]
        case _:
            return completion("tench")


def thought(text: str | None, spent: bool, **message: str) -> Reply:
    usage = {"prompt_tokens": 9, "completion_tokens": 64, "completion_tokens_details": {"reasoning_tokens": 60}}
    choice = {"message": {"content": text, **message}, "finish_reason": "length" if spent else "stop"}
    return Reply({"choices": [choice], "usage": usage})


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


@pytest.fixture(scope="module")
def project(new_project, server: Server):
    made = new_project()
    photographs.add(made, COUNT)
    # The last photograph shows no object of any class: an image of N.
    made.write("labels.csv", "image_id,labels\n" + "".join(f"{number:02d}_0,0\n" for number in range(5)) + "05_0,\n")
    images = photographs.configuration("my six photographs", shards=1)
    made.write("mine.yaml", images + CONFIGURATION.format(url=server.url))
    last = hashlib.sha256((made.folder / "photographs/05_0.png").read_bytes()).hexdigest()
    server.answers = lambda body: answer(body, without_label=last)
    outcome = made.snakemake("results/tables/table4.csv", "--configfile", "mine.yaml")
    assert outcome.code == 0, outcome.output
    return made


MODELS = ("thinks", "thinks_in_tags", "fixed", "no_system", "parts")


def stored(project, model: str) -> list[Json]:
    lines = (project.folder / f"results/store/{model}").glob("*.jsonl")
    return [json.loads(line) for path in lines for line in path.read_text().splitlines()]


def test_each_is_right_on_every_photograph_that_has_a_label(project) -> None:
    with open(project.folder / "results/tables/table4.csv") as file:
        rows = [row for row in csv.DictReader(file) if row["labels"] == "regt" and row["category"] == "A"]
    values = {row["model"]: (float(row["value"]), row["n"], row["n_hit"]) for row in rows}
    # A budget spent on thinking is not right on N by being empty; any answer is.
    spent, answered = (pytest.approx(100 * 5 / 6, abs=0.05), "6", "5"), (100.0, "6", "6")
    assert values == dict.fromkeys(MODELS[:2], spent) | dict.fromkeys(MODELS[2:], answered)


def test_nothing_was_asked_twice(project, server: Server) -> None:
    assert len(server.asked) == COUNT * len(MODELS)


@pytest.mark.parametrize("model", MODELS[:2])
def test_thoughts_are_stored_apart(project, model: str) -> None:
    responses = stored(project, model)
    assert {(one["status"], one["text"]) for one in responses} == {("ok", "tench"), ("truncated", "")}
    assert {(one["reasoning"], one["reasoning_tokens"]) for one in responses} == {("A fish, so", 60)}
