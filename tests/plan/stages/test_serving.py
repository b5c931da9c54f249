import json
import shlex

from ..conftest import HERE, SERVED
from .jobs import job

ANSWER = {"image_set": "demo", "shard": "00000-of-00001", "task": "cw"}


def test_what_starts_a_server_changes_no_answer(study_of) -> None:
    study = study_of({"models": {"s": SERVED | {"hardware": {"tensor_parallel_size": 8}, "gpus": 8}}})
    chat = study.inference.chat_of("s", "cw")
    assert not {"hardware", "gpus", "start_timeout"} & set(chat)
    assert (chat["weights"], chat["server"]) == ("somebody/large", "results/servers/s.json")
    program, script, described = shlex.split(study.serving.command("s", "python"))
    assert (program, script.endswith("workflow/scripts/serve.py")) == ("python", True)
    assert json.loads(described)["hardware"] == {"tensor_parallel_size": 8}
    answer = job(model="s", **ANSWER)
    assert study.inference.threads(answer) == 0
    assert (study.serving.server(answer), study.serving.worker(answer)) == (["results/servers/s.json"], [])


def test_a_worker_loads_the_weights_of_a_model_that_runs_in_jobs(study_of) -> None:
    study = study_of({"models": {"once": HERE, "each": HERE | {"load_once": False}}})
    once, each = (job(model=name, **ANSWER) for name in ("once", "each"))
    assert [name for name in study.serving.models if name in ("once", "each")] == ["once"]
    assert (study.serving.server(once), study.serving.worker(once)) == ([], ["results/servers/once.json"])
    assert study.serving.worker(each) == []
    # The worker has the threads and the GPU.
    assert (study.inference.threads(once), study.inference.threads(each)) == (0, 2)
    assert (study.inference.chat_demand(once).gpus, study.inference.chat_demand(each).gpus) == (0, 1)
    assert study.serving.demand(once).gpus == 1
    # How the weights are held is no part of a model's identity.
    assert study.inference.chat_of("once", "cw") == study.inference.chat_of("each", "cw")
    described = json.loads(shlex.split(study.serving.command("once", "python"))[-1])
    assert described == {"program": "worker", "model": "once", "weights": "somebody/large", "revision": "main"}


def test_each_open_mllm_of_the_paper_is_loaded_once_by_vllm(paper) -> None:
    served = {"paligemma2": 1, "llava_onevision": 4, "internvl3_5": 2, "qwen3_vl": 8}
    assert {name: paper.config["models"][name]["gpus"] for name in paper.serving.models if name in served} == served
    for name, gpus in served.items():
        entry = paper.config["models"][name]
        assert entry["hardware"]["tensor_parallel_size"] == gpus
        # The penalty of a checkpoint would fall on the names that the prompt lists.
        assert entry["arguments"]["generation_config"] == "vllm"
        # GPUs of 80 GB, filled to nine tenths, hold the weights in bf16 and the keys and values of a request.
        assert entry["parameters"] * 2 < 0.9 * 80 * gpus
