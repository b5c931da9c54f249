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
    if behind_api(wildcards.model):
        return api_chat(wildcards.model, wildcards.task)
    if over_http(wildcards.model):
        return served_chat(wildcards.model, wildcards.task)
    settings = computing("models", wildcards.model) | answer_length(wildcards.task)
    if needs_conversion(model(wildcards).get("weights", {})):
        settings["weights"] = f"results/checkpoints/{wildcards.model}"
    if "tagger" in settings:
        settings["tagger"] = computing("models", settings["tagger"])
    return settings


def answer_length(task: str) -> dict:
    """Return how long the answers of a task may be, if not as long as the model's."""
    return {key: value for key, value in entry("tasks", task).items() if key == "max_new_tokens"}


def asking(name: str, task: str) -> dict:
    """Return how the stage asks an MLLM in a task, whose own number of images a request and order go first.

    A class name chosen by decoding is the whole answer, about one image.
    """
    settings = {key: value for key, value in entry("models", name).items() if key in ASKING}
    keys = ("images_per_request", "order", "decoding")
    own = {key: value for key, value in entry("tasks", task).items() if key in keys}
    return settings | own | ({"images_per_request": 1, "answer_format": "text"} if "decoding" in own else {})


def asked_images(wildcards) -> dict:
    """Return the photographs a shard asks about: its own or, where several come together, any of the set."""
    if asking(wildcards.model, wildcards.task).get("images_per_request", 1) == 1:
        return {"images": ["results/images/{image_set}/{shard}.parquet".format(**dict(wildcards.items()))]}
    index = f"results/images/{wildcards.image_set}/index.parquet"
    return {"images": shard_files(wildcards.image_set), "index": index}


def prompts(name: str, task: str) -> dict:
    """Return the templates of what an MLLM is asked: the task's and, for one that is to, the one to answer in JSON."""
    json_answer = asking(name, task).get("answer_format") == "json"
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


def served_chat(name: str, task: str) -> dict:
    """Return the entry of a served model as it is asked in a task, with the file of its server."""
    settings = {key: value for key, value in api_chat(name, task).items() if key not in STARTING | {"gpus"}}
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


def api_chat(name: str, task: str) -> dict:
    """Return the entry of a model that is asked by HTTP as it is asked in a task, with the store of its answers."""
    apart = NEVER_CHANGE_AN_OUTPUT | {"max_error_share"}
    settings = {key: value for key, value in entry("models", name).items() if key not in apart}
    # A letter is asked for without JSON around it.
    letter = entry("tasks", task)["mapping"] == "letter"
    answer_format = "text" if letter else entry("models", name).get("answer_format", "text")
    return settings | {"store": f"results/store/{name}", "answer_format": answer_format} | answer_length(task)


def chat_demand(wildcards) -> demands.Demand:
    """Return what a shard of a task asks of a cluster, of an MLLM."""
    if behind_api(wildcards.model):
        return demands.behind_api(CLUSTER)
    if over_http(wildcards.model):
        return demands.ASKING_A_SERVER
    settings, task = model(wildcards), entry("tasks", wildcards.task)
    runs = protocols.runs(task, settings["backend"])
    if "distractors" in task:
        runs = config["multiple_choice"]["runs"]
    return demand(settings, demands.chat(settings, task, entry("image_sets", wildcards.image_set), runs))


def server_demand(wildcards) -> demands.Demand:
    """Return what the server of a model asks of a cluster."""
    return demands.server(model(wildcards), config["compute"]["device"], CLUSTER)


def vote_demand(wildcards) -> demands.Demand:
    """Return what the search for neighbours asks of a cluster, which holds a gallery of vectors as others do weights."""
    numbers = demands.images_of(entry("image_sets", model(wildcards)["gallery"])) * demands.FEATURES / 1e9
    images = demands.shard(entry("image_sets", wildcards.image_set)).images
    return demand({"parameters": numbers}, demands.Work(images, tokens=1))
