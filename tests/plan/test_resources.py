import re
from dataclasses import astuple
from typing import Any

import pytest
import yaml
from imeval.plan import resources
from imeval.plan.resources import Cluster, Demand, Work
from projects import ROOT

CLUSTER = Cluster(gpu_memory_gb=80, longest_job_hours=24)


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    files = [ROOT / f"config/{name}.yaml" for name in ("config", "datasets", "models", "tasks")]
    return {key: value for file in files for key, value in yaml.safe_load(file.read_text()).items()}


def test_a_model_of_a_billion_parameters_in_fp32_asks_for_a_gpu_its_weights_and_a_minute_beside_the_base() -> None:
    asked = resources.estimate({"parameters": 1}, "auto", Work(images=300), CLUSTER)
    assert asked == Demand(gpus=1, mem_mb=12_000, runtime=31)


def test_half_the_precision_is_half_the_memory() -> None:
    asked = resources.estimate({"parameters": 100, "precision": "bf16", "device_map": "auto"}, "auto", Work(0), CLUSTER)
    assert (asked.gpus, asked.mem_mb) == (4, 208_000)
    asked = resources.estimate({"parameters": 100, "precision": "fp32", "device_map": "auto"}, "auto", Work(0), CLUSTER)
    assert (asked.gpus, asked.mem_mb) == (7, 408_000)


def test_larger_gpus_are_fewer_and_a_model_that_cannot_be_spread_takes_one() -> None:
    model = {"parameters": 73, "precision": "bf16"}
    spread = model | {"device_map": "auto"}
    assert resources.estimate(spread, "cuda", Work(0), CLUSTER).gpus == 3
    assert resources.estimate(spread, "cuda", Work(0), Cluster(141, 24)).gpus == 2
    assert resources.estimate(model, "cuda", Work(0), CLUSTER).gpus == 1


def test_on_the_cpu_nothing_asks_for_a_gpu() -> None:
    assert resources.estimate({"parameters": 73, "device_map": "auto"}, "cpu", Work(0), CLUSTER).gpus == 0


def test_no_job_asks_for_longer_than_the_longest() -> None:
    model = {"parameters": 235, "precision": "bf16"}
    assert resources.estimate(model, "auto", Work(1e6, new_tokens=512), CLUSTER).runtime == 24 * 60
    assert resources.behind_api(CLUSTER) == Demand(gpus=0, mem_mb=4000, runtime=24 * 60)


def test_every_retry_asks_for_half_as_much_again() -> None:
    first = Demand(gpus=2, mem_mb=10_000, runtime=600)
    attempts = [resources.retried(first, attempt, CLUSTER) for attempt in (1, 2, 3)]
    assert attempts == [first, Demand(2, 15_000, 900), Demand(2, 20_000, 1200)]
    assert resources.retried(first, 9, CLUSTER).runtime == 24 * 60


def test_a_shard_has_its_part_of_the_images_and_a_drawn_set_no_more_than_it_draws() -> None:
    assert resources.shard({"expected": 50_000, "shards": 32}) == Work(1562.5)
    assert resources.images_of({"expected": 50_000, "selection": {"per_class": 10}}) == 10_000
    assert resources.images_of({"expected": 20, "selection": {"per_class": 1}}) == 20


def test_images_asked_about_together_share_the_tokens_of_their_answer() -> None:
    work = resources.chat({"max_new_tokens": 500, "images_per_request": 10}, {}, {"expected": 100, "shards": 2}, runs=3)
    assert work == Work(images=150, tokens=4000, new_tokens=50)


def test_the_page_about_clusters_lists_what_a_shard_of_each_of_the_papers_models_asks_for(
    config: dict[str, Any],
) -> None:
    image_set = config["image_sets"]["imagenet_val_625"]
    names = yaml.safe_load((ROOT / "config/paper.yaml").read_text())["run"]["models"]
    lines = [_line(config, config["models"][name], image_set) for name in names]
    page = (ROOT / "docs/cluster.md").read_text()
    assert len(lines) == 13
    assert re.findall(r"^\| .*\d h \|$", page, re.MULTILINE) == lines


def _line(config: dict[str, Any], model: dict[str, Any], image_set: dict[str, Any]) -> str:
    if model["backend"] == "openai":
        asked, parameters, precision = resources.behind_api(CLUSTER), "", ""
    else:
        task = config["tasks"][model["tasks"][0]]
        chats = model["backend"] == "transformers"
        work = resources.chat(model, task, image_set, runs=1) if chats else resources.shard(image_set)
        asked = resources.estimate(model, "auto", work, Cluster(**config["cluster"]))
        parameters, precision = f"{model['parameters']:g}", model.get("precision", "fp32")
    gpus, mem_mb, runtime = astuple(asked)
    return f"| {model['title']} | {parameters} | {precision} | {gpus} | {mem_mb // 1000} GB | {runtime / 60:.1f} h |"
