import re

from imeval.plan import resources
from imeval.plan.resources import Cluster, Demand, ModelSize, Work
from imeval.plan.study import Study
from plan.stages.jobs import job
from projects import ROOT

CLUSTER = Cluster(gpu_memory_gb=80, longest_job_hours=24)


def test_a_model_of_a_billion_parameters_in_fp32_asks_for_a_gpu_its_weights_and_a_minute_beside_the_base() -> None:
    asked = resources.estimate(ModelSize(1, "fp32"), "auto", Work(images=300), CLUSTER)
    assert asked == Demand(gpus=1, mem_mb=12_000, runtime=31, model_mb=12_000)


def test_half_the_precision_is_half_the_memory() -> None:
    asked = resources.estimate(ModelSize(100, "bf16", spread=True), "auto", Work(0), CLUSTER)
    assert (asked.gpus, asked.mem_mb) == (4, 208_000)
    asked = resources.estimate(ModelSize(100, "fp32", spread=True), "auto", Work(0), CLUSTER)
    assert (asked.gpus, asked.mem_mb) == (7, 408_000)


def test_larger_gpus_are_fewer_and_a_model_that_cannot_be_spread_takes_one() -> None:
    model, spread = (ModelSize(73, "bf16", spread=spread) for spread in (False, True))
    assert resources.estimate(spread, "cuda", Work(0), CLUSTER).gpus == 3
    assert resources.estimate(spread, "cuda", Work(0), Cluster(141, 24)).gpus == 2
    assert resources.estimate(model, "cuda", Work(0), CLUSTER).gpus == 1


def test_on_the_cpu_nothing_asks_for_a_gpu() -> None:
    assert resources.estimate(ModelSize(73, "fp32", spread=True), "cpu", Work(0), CLUSTER).gpus == 0


def test_no_job_asks_for_longer_than_the_longest() -> None:
    model = ModelSize(235, "bf16")
    assert resources.estimate(model, "auto", Work(1e6, new_tokens=512), CLUSTER).runtime == 24 * 60
    assert resources.behind_api(CLUSTER) == Demand(gpus=0, mem_mb=4000, runtime=24 * 60)


def test_every_retry_asks_for_half_as_much_again() -> None:
    first = Demand(gpus=2, mem_mb=10_000, runtime=600, model_mb=10_000)
    attempts = [resources.retried(first, attempt, CLUSTER) for attempt in (1, 2, 3)]
    assert attempts == [first, Demand(2, 15_000, 900, 10_000), Demand(2, 20_000, 1200, 10_000)]
    assert resources.retried(first, 9, CLUSTER).runtime == 24 * 60


def test_a_shard_has_its_part_of_the_images_and_a_drawn_set_no_more_than_it_draws() -> None:
    assert resources.shard({"expected": 50_000, "shards": 32}) == Work(1562.5)
    assert resources.images_of({"expected": 50_000, "selection": {"per_class": 10}}) == 10_000
    assert resources.images_of({"expected": 20, "selection": {"per_class": 1}}) == 20


def test_images_asked_about_together_share_the_tokens_of_their_answer() -> None:
    work = resources.chat(images=150, max_new_tokens=500, images_per_request=10)
    assert work == Work(images=150, tokens=4000, new_tokens=50)


def test_a_server_has_its_gpus_and_memory_for_weights_in_bf16() -> None:
    size = ModelSize(100, "bf16")
    assert resources.server(size, 8, "auto", CLUSTER) == Demand(8, 208_000, 24 * 60, model_mb=208_000)
    assert resources.server(size, 8, "cpu", CLUSTER).gpus == 0


def test_the_page_about_clusters_lists_what_a_shard_of_each_of_the_papers_models_asks_for(paper) -> None:
    lines = [_line(paper, name) for name in paper.config["run"]["models"]]
    page = (ROOT / "docs/cluster.md").read_text()
    assert len(lines) == 13
    assert re.findall(r"^\| .*\d h \|$", page, re.MULTILINE) == lines


def _line(paper: Study, name: str) -> str:
    model = paper.entries.complete("models", name)
    shard = job(model=name, task=model["tasks"][0], image_set="imagenet_val_625", shard="00000-of-00032")
    asks = "answer" in paper.entries.backend(name).rules
    asked = paper.inference.chat_demand(shard) if asks else paper.inference.image_demand(shard)
    if paper.serving.answers(name):
        asked = paper.serving.demand(shard)
    # An API keeps to itself how large its model is.
    size = f"{model['parameters']:g} | {model.get('precision', 'bf16')}" if "parameters" in model else " | "
    return f"| {model['title']} | {size} | {asked.gpus} | {asked.mem_mb // 1000} GB | {asked.runtime / 60:.1f} h |"
