# Input functions of inference.smk: how models are asked; no rules.

import json
import shlex
from collections import UserString

from snakemake.settings.types import DeploymentMethod

# What starts a server and decides no answer.
STARTING = {"hardware", "start_timeout", "stop_timeout"}


def needs_conversion(weights: dict) -> bool:
    """Return whether weights are a GGUF file, which takes long to read."""
    return weights.get("file", weights.get("path", "")).endswith(".gguf")


def converted_inputs(wildcards) -> list[str]:
    """Return the converted checkpoint of an MLLM whose weights are converted; a server reads its own."""
    converted = needs_conversion(model(wildcards).get("weights", {})) and not over_http(wildcards.model)
    return [f"results/checkpoints/{wildcards.model}"] if converted else []


def chat(wildcards) -> dict:
    """Return an MLLM's entry as it computes a task: its own weights and those of its tagger."""
    own = {key: value for key, value in entry("tasks", wildcards.task).items() if key == "max_new_tokens"}
    if over_http(wildcards.model):
        # A letter is asked for without JSON around it.
        text = {"answer_format": "text"} if entry("tasks", wildcards.task)["mapping"] == "letter" else {}
        asked = api_chat(wildcards.model) if behind_api(wildcards.model) else served_chat(wildcards.model)
        return asked | own | text
    settings = computing("models", wildcards.model) | own
    if needs_conversion(model(wildcards).get("weights", {})):
        settings["weights"] = f"results/checkpoints/{wildcards.model}"
    if "tagger" in settings:
        settings["tagger"] = computing("models", settings["tagger"])
    return settings


def asking(name: str, task: str) -> dict:
    """Return how the stage asks an MLLM in a task, whose own number of images a request goes first."""
    settings = {key: value for key, value in entry("models", name).items() if key in ASKING}
    return settings | {key: value for key, value in entry("tasks", task).items() if key == "images_per_request"}


def asked_images(wildcards) -> dict:
    """Return the photographs a shard asks about: its own or, where several come together, any of the set."""
    if asking(wildcards.model, wildcards.task).get("images_per_request", 1) == 1:
        return {"images": ["results/images/{image_set}/{shard}.parquet".format(**dict(wildcards.items()))]}
    index = f"results/images/{wildcards.image_set}/index.parquet"
    return {"images": sharded("results/images/{image_set}/{shard}.parquet", wildcards), "index": index}


def prompts(name: str, task: str) -> dict:
    """Return the templates of what an MLLM is asked: the task's and, for one that is to, the one to answer in JSON."""
    json_answer = entry("models", name).get("answer_format") == "json"
    templates = {"prompt": entry("tasks", task)["prompt"]}
    return templates | ({"json_answer": config["json_answer"]} if json_answer else {})


def chat_downloads(wildcards) -> list[str]:
    """Return the downloads that an MLLM reads itself: its own unless they were converted, and its tagger's."""
    settings = model(wildcards)
    weights = settings.get("weights", {})
    own = [] if needs_conversion(weights) or over_http(wildcards.model) else weights_inputs(weights)
    return own + (weights_inputs(entry("models", settings["tagger"])["weights"]) if "tagger" in settings else [])


def over_http(name: str) -> bool:
    """Return whether a model is asked by HTTP, behind an API or a server that the run starts: no weights in its jobs."""
    return behind_api(name) or entry("models", name)["backend"] == "served"


def asking_threads(wildcards) -> int:
    """Return the threads of a job that asks an MLLM; all that ask a server run at once, and it has the threads."""
    if over_http(wildcards.model):
        return int(behind_api(wildcards.model))
    return config["compute"]["threads"]


def served_chat(name: str) -> dict:
    """Return the entry of a served model as it is asked, with the file of its server and the store of its answers."""
    apart = NEVER_CHANGE_AN_OUTPUT | STARTING | {"max_error_share", "gpus"}
    settings = {key: value for key, value in entry("models", name).items() if key not in apart}
    settings |= {"answer_format": entry("models", name).get("answer_format", "text"), "store": f"results/store/{name}"}
    return settings | located(settings["weights"]) | {"server": f"results/servers/{name}.json"}


def serve_command(name: str) -> str:
    """Return the command that serves a model, up to the paths that its rule knows."""
    settings = entry("models", name)
    kept = {key: value for key, value in settings.items() if key in {"program", "arguments", *STARTING}}
    described = json.dumps(kept | {"model": name} | located(settings["weights"]))
    own_python = DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method
    return shlex.join(["python" if own_python else sys.executable, str(SCRIPTS / "serve.py"), described])


def located(weights: dict) -> dict:
    """Return the path of weights, or their repository and revision."""
    return {"weights": weights_path(weights), "revision": weights.get("revision")}


def server_file(wildcards) -> list[str]:
    """Return the file of the server that a model is asked by, if it has one of its own."""
    return [f"results/servers/{wildcards.model}.json"] if model(wildcards)["backend"] == "served" else []


def gallery_embeddings(wildcards) -> list[str]:
    """Return the embeddings of the gallery of a k-NN model."""
    gallery = model(wildcards)["gallery"]
    return [f"results/embeddings/{gallery}/images/{wildcards.model}/{shard}.parquet" for shard in shards(gallery)]


def vote(wildcards) -> dict:
    """Return how the neighbours of a k-NN model vote."""
    return {key: value for key, value in model(wildcards).items() if key in VOTE} | config["compute"]


def imported_file(wildcards) -> str:
    """Return the user's prediction file of a model and task."""
    return model(wildcards)["files"][wildcards.task]


def max_error_share(wildcards) -> float:
    """Return the share of errors above which a job fails; a model that runs here fails by none."""
    return model(wildcards).get("max_error_share", 0.01 if over_http(wildcards.model) else 1.0)


def api_chat(name: str) -> dict:
    """Return the entry of a model behind an API as it is asked, with the store of its answers."""
    apart = NEVER_CHANGE_AN_OUTPUT | {"max_error_share"}
    settings = {key: value for key, value in entry("models", name).items() if key not in apart}
    answer_format = entry("models", name).get("answer_format", "text")
    return settings | {"store": f"results/store/{name}", "answer_format": answer_format}
