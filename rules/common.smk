# Path helpers, input functions and code hashes; no rules.

import sys
from collections.abc import Iterable
from pathlib import Path

from snakemake.exceptions import WorkflowError

SCRIPTS = Path(workflow.basedir) / "workflow" / "scripts"
sys.path.insert(0, str(SCRIPTS))

from imeval import configuration, models
from imeval.errors import UserError, did_you_mean
from imeval.provenance import code_hash

# Files given on the command line are laid over those of the Snakefile, though listed before them.
OVERLAYS = [str(path) for path in workflow.config_settings.configfiles]
CONFIG_FILES = [str(path) for path in workflow.configfiles if str(path) not in OVERLAYS] + OVERLAYS
try:
    configuration.check(config, configuration.read_schemas(Path(workflow.basedir, "config/schemas")), CONFIG_FILES)
    IMPORTED = configuration.imported(config)
except UserError as error:
    raise WorkflowError(str(error)) from None

RUN = config["run"]
OBSTACLES = configuration.obstacles(config)
for obstacle in OBSTACLES:
    print(f"imeval: {obstacle}", file=sys.stderr)


# How the stage asks a chat model, which the model itself is not told.
ASKING = {"images_per_request", "answer_format", "max_retries_alone", "prompt"}

# How neighbours vote, once images are embedded.
VOTE = {"neighbours", "vote", "temperature"}

# Keys that change nothing a model puts out, or that a stage is told apart: rewording a title runs no model again.
NEVER_CHANGE_AN_OUTPUT = (
    ASKING
    | VOTE
    | {
        "gallery",
        "title",
        "group",
        "backend",
        "tasks",
        "encoder",
        "templates",
        "vision_backbone",
        "language_model",
    }
)


wildcard_constraints:
    shard=r"\d{5}-of-\d{5}",
    image_set="[^/]+",
    labels="[^/]+",
    task="[^/]+",
    model="[^/]+",
    encoder="[^/-]+",
    templates="none|simple|openai",


def refuse_obstacles() -> None:
    """Stop a run, but neither a dry run nor a check, before its first job."""
    if OBSTACLES and set(workflow.dag_settings.targets) != {"check"}:
        raise WorkflowError("\n".join(OBSTACLES))


def entry(registry: str, name: str) -> dict:
    """Return a registry's entry; a target may name one that is not there."""
    if name not in config[registry]:
        raise WorkflowError(f"{registry}: no entry '{name}'; {did_you_mean(name, config[registry])}")
    return config[registry][name]


def code(script: str, *backends: str) -> str:
    """Return the hash of a stage's code: a param, so that a change of it and nothing else reruns the stage."""
    return code_hash(SCRIPTS / script, backends)


def backend_code(script: str, kind: str, backend: str) -> str:
    """Return the hash of a stage's code with that of the backend it loads by name; a dry run may name any."""
    return code(script, *(module for name, module in models.MODULES[kind].items() if name == backend))


def subject(image_set: str) -> str:
    """Return what the numbers of an image set are of."""
    return entry("image_sets", image_set)["title"]


def shards(image_set: str) -> list[str]:
    """Return the names of an image set's shards, in order."""
    count = entry("image_sets", image_set).get("shards", 1)
    return [f"{number:05d}-of-{count:05d}" for number in range(count)]


def sharded(pattern: str, wildcards) -> list[str]:
    """Return a pattern's file for every shard of the image set."""
    return [pattern.format(**(dict(wildcards.items()) | {"shard": shard})) for shard in shards(wildcards.image_set)]


def model(wildcards) -> dict:
    """Return the entry of the model that the wildcards name."""
    return entry("models", wildcards.model)


def one_of(names: Iterable[str]) -> str:
    """Return a wildcard constraint that these names alone match."""
    return "|".join(names) or "(?!)"


def of_backends(*backends: str) -> str:
    """Return a wildcard constraint: the models of these backends."""
    return one_of(name for name, entry in config["models"].items() if entry["backend"] in backends)


def source(image_set: str) -> dict | None:
    """Return where an image set's pictures lie, or None for a set without."""
    source = entry("image_sets", image_set).get("source")
    if source is None:
        return None
    place = {"kind": source["kind"], "path": source["path"], "pattern": source.get("pattern", "*")}
    if "download" in source:
        place["path"] = f"results/downloads/{source['download']}/{source['path']}"
    return place


def source_downloads(image_set: str) -> list[str]:
    """Return the download that an image set's pictures come from, if they come from one."""
    source = entry("image_sets", image_set).get("source", {})
    return [f"results/downloads/{source['download']}"] if "download" in source else []


def source_files(image_set: str) -> list[str]:
    """Return the user's file or folder of pictures, if it is there."""
    source = entry("image_sets", image_set).get("source", {})
    return [source["path"]] if "download" not in source and Path(source.get("path", "?")).exists() else []


def selecting_label_sets(image_set: str) -> dict:
    """Return the label sets that an image set's selection names."""
    selection = entry("image_sets", image_set).get("selection", {})
    names = [selection[key] for key in ("classes_of", "images_of") if key in selection]
    return {name: entry("label_sets", name) for name in names}


def listing_files(wildcards) -> list[str]:
    """Return the user's files that say what an image set is: labels, classes, images."""
    image_set = entry("image_sets", wildcards.image_set)
    selection = image_set.get("selection", {})
    files = [image_set["original_labels"].get("path"), selection.get("classes"), selection.get("images")]
    label_files = [label_set.get("path") for label_set in selecting_label_sets(wildcards.image_set).values()]
    return [path for path in (*files, *label_files) if path]


def listed(image_set: str) -> dict:
    """Return the part of an image set's entry that says which images it has."""
    keys = ("original_labels", "selection", "expected")
    return {key: value for key, value in entry("image_sets", image_set).items() if key in keys}


def on_broken(image_set: str) -> str:
    """Return whether a broken picture stops the run or is skipped."""
    return entry("image_sets", image_set).get("on_broken", "stop")


def compared(names: str) -> list[str]:
    """Return the label sets that a summary is of: one, or two joined by a hyphen, which no name has."""
    label_sets = names.split("-")
    if len(label_sets) > 2:
        raise WorkflowError(f"labels {names}: expected one label set or two joined by a hyphen")
    for name in label_sets:
        entry("label_sets", name)
    return label_sets


def shards_that_may_lack_images(wildcards) -> list[str]:
    """Return an image set's shards where broken pictures are skipped: only they tell which."""
    skips = source(wildcards.image_set) is not None and on_broken(wildcards.image_set) == "skip"
    return sharded("results/images/{image_set}/{shard}.parquet", wildcards) if skips else []


def computing(registry: str, name: str) -> dict:
    """Return an entry without the keys that change no number, with its weights' path and how it computes."""
    settings = {key: value for key, value in entry(registry, name).items() if key not in NEVER_CHANGE_AN_OUTPUT}
    weights = settings.pop("weights", {})
    if weights:
        settings |= {"weights": weights_path(weights), "revision": weights.get("revision")}
    return settings | config["compute"]


def encoder_code(script: str, name: str) -> str:
    """Return the hash of a stage's code with that of the text encoder it loads."""
    return backend_code(script, "text encoder", entry(encoders(name), name)["backend"])


def weights_inputs(weights: dict) -> list[str]:
    """Return the download that weights come from, if they come from one."""
    return [f"results/downloads/{weights['download']}"] if "download" in weights else []


def weights_path(weights: dict) -> str:
    """Return where weights lie, or their repository on the model hub."""
    if "download" in weights:
        return f"results/downloads/{weights['download']}/{weights['file']}"
    return weights.get("path") or weights["hub"]


def needs_conversion(weights: dict) -> bool:
    """Return whether weights are a GGUF file, which takes long to read."""
    return weights.get("file", weights.get("path", "")).endswith(".gguf")


def converted_inputs(wildcards) -> list[str]:
    """Return the converted checkpoint of an MLLM whose weights are converted."""
    return [f"results/checkpoints/{wildcards.model}"] if needs_conversion(model(wildcards).get("weights", {})) else []


def chat(wildcards) -> dict:
    """Return an MLLM's entry as it computes: its own weights and those of its tagger."""
    if behind_api(wildcards.model):
        return api_chat(wildcards.model)
    settings = computing("models", wildcards.model)
    if needs_conversion(model(wildcards).get("weights", {})):
        settings["weights"] = f"results/checkpoints/{wildcards.model}"
    if "tagger" in settings:
        settings["tagger"] = computing("models", settings["tagger"])
    return settings


def asking(name: str) -> dict:
    """Return how the stage asks an MLLM."""
    return {key: value for key, value in entry("models", name).items() if key in ASKING}


def asked_images(wildcards) -> dict:
    """Return the photographs a shard asks about: its own or, where several come together, any of the set."""
    if model(wildcards).get("images_per_request", 1) == 1:
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
    own = [] if needs_conversion(weights) else weights_inputs(weights)
    return own + (weights_inputs(entry("models", settings["tagger"])["weights"]) if "tagger" in settings else [])


def classifier_outputs(wildcards) -> str:
    """Return the outputs of the classifier that a ConSE model averages."""
    classifier = model(wildcards)["classifier"]
    return f"results/outputs/{wildcards.image_set}/cw/{classifier}/{wildcards.shard}.parquet"


def class_embeddings(wildcards) -> str:
    """Return the class embeddings of the model that the wildcards name, by its encoder or by itself."""
    encoder = model(wildcards).get("encoder", wildcards.model)
    return f"results/embeddings/classes/{encoder}-{model(wildcards)['templates']}.parquet"


def encoders(name: str) -> str:
    """Return the registry of an encoder of class names: that of the encoders, or the models, for one that is its own."""
    return "encoders" if name in config["encoders"] else "models"


def gallery_embeddings(wildcards) -> list[str]:
    """Return the embeddings of the gallery of a k-NN model."""
    gallery = model(wildcards)["gallery"]
    return [f"results/embeddings/{gallery}/images/{wildcards.model}/{shard}.parquet" for shard in shards(gallery)]


def vote(wildcards) -> dict:
    """Return how the neighbours of a k-NN model vote."""
    return {key: value for key, value in model(wildcards).items() if key in VOTE} | config["compute"]


def responses(wildcards) -> list[str]:
    """Return the responses that a task maps: its own, or those of the task it takes its answers from."""
    task = entry("tasks", wildcards.task).get("answers_of", wildcards.task)
    folder = f"results/responses/{wildcards.image_set}/{task}/{wildcards.model}"
    names = ["imported"] if model(wildcards)["backend"] == "imported" else shards(wildcards.image_set)
    return [f"{folder}/{name}.parquet" for name in names]


def mapping_inputs(wildcards) -> dict:
    """Return the responses of a task and, where it maps by embedding, the embeddings of answers and classes."""
    inputs = {"responses": responses(wildcards)}
    if entry("tasks", wildcards.task)["mapping"] == "exact":
        return inputs
    answers = f"results/embeddings/{wildcards.image_set}/{wildcards.task}/{wildcards.model}.parquet"
    return inputs | {"classes": class_embeddings(wildcards), "answers": answers}


def imported_file(wildcards) -> str:
    """Return the user's prediction file of a model and task."""
    return model(wildcards)["files"][wildcards.task]


def described(name: str) -> dict:
    """Return what a table says of a model besides its numbers."""
    described = {"title", "group", "tasks", "vision_backbone", "language_model"}
    return {key: value for key, value in config["models"][name].items() if key in described}


def table_context(wildcards) -> dict:
    """Return what a table says besides its numbers."""
    context = {
        "title": entry("tables", wildcards.table)["title"],
        "image_set": subject(RUN["image_set"]),
        "label_set": entry("label_sets", RUN["labels"])["title"],
        "models": {name: described(name) for name in RUN["models"]},
        "task_titles": {name: task["title"] for name, task in config["tasks"].items()},
    }
    return context | {key: config["scoring"][key] for key in ("equivalent", "best_task_by", "errors", "confidence")}


def run_metrics(wildcards) -> list[str]:
    """Return the metrics of every model and task of the run, in the order of tables."""
    folder = f"results/metrics/{RUN['image_set']}/{RUN['labels']}"
    return [f"{folder}/{task}/{name}.parquet" for name in RUN["models"] for task in config["models"][name]["tasks"]]


def behind_api(name: str) -> bool:
    """Return whether a model is asked over the network: no GPU, no weights, but a price."""
    return entry("models", name)["backend"] == "openai"


def api_chat(name: str) -> dict:
    """Return the entry of a model behind an API as it is asked, with the store of its answers."""
    apart = NEVER_CHANGE_AN_OUTPUT | {"max_error_share"}
    settings = {key: value for key, value in entry("models", name).items() if key not in apart}
    answer_format = entry("models", name).get("answer_format", "text")
    return settings | {"store": f"results/store/{name}", "answer_format": answer_format}


def asked_tasks(name: str) -> list[str]:
    """Return the tasks that a model is really asked, among them those whose answers others take; each once."""
    tasks = [entry("tasks", task).get("answers_of", task) for task in entry("models", name)["tasks"]]
    return list(dict.fromkeys(tasks))


def asked_of_apis() -> list[dict]:
    """Return what the run asks models behind an API: which model and how, which task and prompt."""
    return [
        {"model": name, "task": task, "chat": api_chat(name), "asking": asking(name), **prompts(name, task)}
        for name in filter(behind_api, RUN["models"])
        for task in asked_tasks(name)
    ]


def stores_of_apis() -> list[dict]:
    """Return where the answers of the run's models behind an API lie, and what they are paid by."""
    return [
        {"model": name, "store": f"results/store/{name}", "prices": entry("models", name).get("prices")}
        for name in filter(behind_api, RUN["models"])
    ]


def stored(wildcards) -> dict[str, int]:
    """Return the sizes of the files of answers: a param, so that what is said of them is never out of date."""
    return {str(path): path.stat().st_size for path in sorted(Path("results/store").glob("*/*.jsonl"))}


def run_shards(wildcards) -> list[str]:
    """Return the photographs of the run."""
    return [f"results/images/{RUN['image_set']}/{shard}.parquet" for shard in shards(RUN["image_set"])]


def weighted() -> dict[str, dict]:
    """Return the weights of the run's models and of what they are made of, by what they are of."""
    models = {name: entry("models", name) for name in RUN["models"]}
    parts = {settings[key] for settings in models.values() for key in ("classifier", "tagger") if key in settings}
    encoders = {settings["encoder"] for settings in models.values() if "encoder" in settings}
    named = {f"model {name}": entry("models", name) for name in [*models, *sorted(parts - set(models))]}
    named |= {f"encoder {name}": entry("encoders", name) for name in sorted(encoders)}
    return {what: settings["weights"] for what, settings in named.items() if "weights" in settings}


def dinotxt_parts() -> dict[str, dict]:
    """Return what the run's dino.txt models need beside their weights, by what it is."""
    models = {name: entry("models", name) for name in RUN["models"] if entry("models", name)["backend"] == "dinotxt"}
    return {
        f"{key} of {name}": {"path": settings[key]}
        for name, settings in models.items()
        for key in ("repository", "backbone")
    }


def needs() -> dict:
    """Return everything the run needs, for its check."""
    name = RUN["image_set"]
    packages = [weights["download"] for weights in weighted().values() if "download" in weights]
    source_package = entry("image_sets", name).get("source", {}).get("download")
    imported_models = [*IMPORTED.with_texts, *IMPORTED.with_classes]
    where = ("base_url", "api_key_env", "allow_insecure_base_url")
    apis = {model: entry("models", model) for model in RUN["models"] if behind_api(model)}
    return {
        "name": name,
        "image_set": listed(name),
        "source": source(name),
        "made": sum(Path(shard).exists() for shard in run_shards(None)) / len(shards(name)),
        "label_sets": selecting_label_sets(name),
        "run_labels": {RUN["labels"]: entry("label_sets", RUN["labels"])},
        "equivalence": config["scoring"]["equivalence"],
        "equivalent": config["scoring"]["equivalent"],
        "predictions": {model: entry("models", model)["files"] for model in imported_models},
        "packages": {
            package: entry("downloads", package)["version"]
            for package in sorted({*packages, *([source_package] if source_package else [])})
        },
        "downloads": "results/downloads",
        "weights": {what: weights for what, weights in weighted().items() if "download" not in weights}
        | dinotxt_parts(),
        "endpoints": {model: {key: api[key] for key in where if key in api} for model, api in apis.items()},
        "obstacles": [*configuration.missing_galleries(config), *configuration.missing_backends(config)],
        "results": "results" if Path("results").is_dir() else ".",
    }
