# Path helpers, input functions and code hashes; no rules.

import sys
from collections.abc import Iterable
from pathlib import Path

from snakemake.exceptions import WorkflowError

SCRIPTS = Path(workflow.basedir) / "workflow" / "scripts"
sys.path.insert(0, str(SCRIPTS))

from imeval import configuration, models, protocols
from imeval.errors import UserError, did_you_mean, mistake
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
REGISTRIES = config | {"tasks": protocols.expanded_tasks(config)}
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
    if name not in REGISTRIES[registry]:
        raise WorkflowError(f"{registry}: no entry '{name}'; {did_you_mean(name, REGISTRIES[registry])}")
    return REGISTRIES[registry][name]


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


MULTIPLE_CHOICE = one_of(name for name, task in REGISTRIES["tasks"].items() if "distractors" in task)


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
    """Return an MLLM's entry as it computes a task: its own weights and those of its tagger."""
    own = {key: value for key, value in entry("tasks", wildcards.task).items() if key == "max_new_tokens"}
    if behind_api(wildcards.model):
        # A letter is asked for without JSON around it.
        text = {"answer_format": "text"} if entry("tasks", wildcards.task)["mapping"] == "letter" else {}
        return api_chat(wildcards.model) | own | text
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
    own = [] if needs_conversion(weights) else weights_inputs(weights)
    return own + (weights_inputs(entry("models", settings["tagger"])["weights"]) if "tagger" in settings else [])


def classifier_outputs(wildcards) -> str:
    """Return the outputs of the classifier that a ConSE model averages."""
    classifier = model(wildcards)["classifier"]
    return f"results/outputs/{wildcards.image_set}/cw/{classifier}/{wildcards.shard}.parquet"


def text_space(wildcards) -> dict:
    """Return the encoder and templates that map answers: those of the task's variant, or else of the model.

    A model without an encoder is its own.
    """
    task = entry("tasks", wildcards.task) if "task" in wildcards.keys() else {}
    return {key: ({"encoder": wildcards.model} | model(wildcards) | task)[key] for key in ("encoder", "templates")}


def class_embeddings(wildcards) -> str:
    """Return the class embeddings in the space that the wildcards name."""
    return "results/embeddings/classes/{encoder}-{templates}.parquet".format(**text_space(wildcards))


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
    folder = f"{wildcards.image_set}/{task}/{wildcards.model}"
    return response_files(folder, wildcards.image_set, wildcards.model)


def choice_responses(wildcards) -> list[str]:
    """Return the answers to multiple-choice questions; the user's own lie with those to other tasks."""
    labels = "" if model(wildcards)["backend"] == "imported" else f"{wildcards.labels}/"
    folder = f"{wildcards.image_set}/{labels}{wildcards.task}/{wildcards.model}"
    return response_files(folder, wildcards.image_set, wildcards.model)


def response_files(folder: str, image_set: str, name: str) -> list[str]:
    """Return a model's files of responses in a folder, one a shard, or the one that was imported."""
    names = ["imported"] if entry("models", name)["backend"] == "imported" else shards(image_set)
    return [f"results/responses/{folder}/{name}.parquet" for name in names]


def predictions(wildcards) -> str:
    """Return the predictions of a model and task; those of multiple choice depend on the labels that were offered."""
    offered = "distractors" in entry("tasks", wildcards.task) and wildcards.model not in IMPORTED.with_classes
    labels = f"{wildcards.labels}/" if offered else ""
    return f"results/predictions/{wildcards.image_set}/{labels}{wildcards.task}/{wildcards.model}.parquet"


def choice_variant(wildcards) -> dict:
    """Return how the questions of a multiple-choice task are made."""
    task, settings = entry("tasks", wildcards.task), config["multiple_choice"]
    return {
        "name": wildcards.task,
        **{key: task[key] for key in ("offered", "distractors")},
        **{key: settings[key] for key in ("options", "runs", "seed", "confeva")},
    }


def confusions_file() -> str:
    """Return the confusion matrix that distractors come from."""
    return "results/confusions/{image_set}/{model}.parquet".format(**config["multiple_choice"]["confusions"])


def choice_inputs(wildcards) -> dict:
    """Return the labels that are offered, and what the distractors come from."""
    settings = config["multiple_choice"]
    inputs = {"labels": f"results/labels/{wildcards.image_set}/{wildcards.labels}.parquet"}
    sources = {
        "random": {},
        "confusion": {"confusions": confusions_file()},
        "text": {"classes": "results/embeddings/classes/{encoder}-{templates}.parquet".format(**settings["confbert"])},
    }
    return inputs | sources[entry("tasks", wildcards.task)["distractors"]]


def mapping_inputs(wildcards) -> dict:
    """Return the responses of a task and, where it maps by embedding, the embeddings of answers and classes."""
    inputs = {"responses": responses(wildcards)}
    if entry("tasks", wildcards.task)["mapping"] in ("exact", "index"):
        return inputs
    answers = f"results/embeddings/{wildcards.image_set}/{wildcards.task}/{wildcards.model}.parquet"
    return inputs | {"classes": class_embeddings(wildcards), "answers": answers}


def imported_file(wildcards) -> str:
    """Return the user's prediction file of a model and task."""
    return model(wildcards)["files"][wildcards.task]


def described(name: str, plan: protocols.Plan) -> dict:
    """Return what a table says of a model besides its numbers."""
    keys, settings = ("title", "group", "vision_backbone", "language_model"), config["models"][name]
    space = "-".join(settings[key] for key in ("encoder", "templates") if key in settings)
    return {key: settings[key] for key in keys if key in settings} | {"tasks": plan.tasks(name), "space": space}


def table_plan(name: str) -> protocols.Plan:
    """Return what fills a table."""
    try:
        return protocols.table_plan(config, name)
    except UserError as error:
        raise WorkflowError(str(error)) from None


def table_context(wildcards) -> dict:
    """Return what a table says besides its numbers."""
    plan, table = table_plan(wildcards.table), entry("tables", wildcards.table)
    context = {
        "title": table["title"],
        "image_set": subject(plan.image_set),
        "label_set": entry("label_sets", plan.labels)["title"],
        "models": {name: described(name, plan) for name in (plan.models if "tasks" in table else RUN["models"])},
        "task_titles": {name: task["title"] for name, task in REGISTRIES["tasks"].items()},
        "repeated": [name for name, task in REGISTRIES["tasks"].items() if task.get("runs", 1) > 1],
    }
    if "beside" in table:
        context["beside_image_set"] = subject(table["beside"]["image_set"])
        context["beside_label_set"] = entry("label_sets", table["beside"]["labels"])["title"]
    context["settings"] = {key: table[key] for key in ("positions", "classes") if key in table}
    return context | {key: config["scoring"][key] for key in ("equivalent", "best_task_by", "errors", "confidence")}


def table_metrics(wildcards) -> list[str]:
    """Return the metrics of every model and task of a table, in its order."""
    plan = table_plan(wildcards.table)
    return [f"results/metrics/{plan.image_set}/{plan.labels}/{task}/{name}.parquet" for name, task in plan.rows]


def table_breakdowns(wildcards) -> list[str]:
    """Return the metrics of parts of the images or answers that a table's layout prints."""
    plan = table_plan(wildcards.table)
    place = f"{plan.image_set}/{plan.labels}"
    folders = {
        "oop_mapping": lambda task: f"mapping/{place}/{task}" if "answers_of" in entry("tasks", task) else None,
        "oop_types": lambda task: f"kinds/{plan.image_set}/{task}",
        "positions": lambda task: f"positions/{wildcards.table}/{task}",
        "class_recall": lambda task: f"recall/{place}/{task}",
    }
    folder = folders.get(entry("tables", wildcards.table)["layout"], lambda task: None)
    return [f"results/breakdowns/{folder(task)}/{name}.parquet" for name, task in plan.rows if folder(task)]


def published_names(wildcards) -> dict:
    """Return the names that the paper's tables have for models with another name here."""
    named = {name: config["models"][name].get("published_as") for name in table_plan(wildcards.table).models}
    return {name: published for name, published in named.items() if published}


def table_subject(wildcards) -> str:
    """Return what the numbers of a table are of."""
    return subject(table_plan(wildcards.table).image_set)


def entries(wildcards) -> list[list[str]]:
    """Return the models and tasks of a table, in its order."""
    return [list(row) for row in table_plan(wildcards.table).rows]


def best_task_by(wildcards) -> str | None:
    """Return the labels by which a table shows the best task of each model, or None if it shows all."""
    shows_best = entry("tables", wildcards.table)["layout"] == "recognition"
    return config["scoring"]["best_task_by"] if shows_best else None


def table_scores(wildcards) -> list[str]:
    """Return the scores of every model and task of a table, in its order."""
    return [path.replace("results/metrics/", "results/scores/", 1) for path in table_metrics(wildcards)]


def inference(wildcards) -> dict:
    """Return how sure a table's order is: the intervals of its ranks, or the comparisons that it lists."""
    table = entry("tables", wildcards.table)
    if table["layout"] == "recognition" and table_plan(wildcards.table).rows:
        return {"ranks": f"results/ranks/{wildcards.table}.parquet"}
    if table["layout"] == "comparisons":
        return {"comparisons": f"results/comparisons/{table['of']}.parquet"}
    return {}


def beside(wildcards) -> dict:
    """Return what stands beside a table's own numbers: the paper's, and those of a second image set with its labels."""
    table, plan = entry("tables", wildcards.table), table_plan(wildcards.table)
    published = {"published": table["published"]} if "published" in table else {}
    if "beside" not in table:
        return published
    place = "{image_set}/{labels}".format(**table["beside"])
    folder = "breakdowns/recall" if table["layout"] == "class_recall" else "metrics"
    return published | {
        "beside_metrics": [f"results/{folder}/{place}/{task}/{name}.parquet" for name, task in plan.rows],
        "beside_labels": f"results/labels/{place}.parquet",
    }


def unmapped_scores(wildcards) -> str:
    """Return the scores of the task whose answers a task maps in another way."""
    task = entry("tasks", wildcards.task)["answers_of"]
    return f"results/scores/{wildcards.image_set}/{wildcards.labels}/{task}/{wildcards.model}.parquet"


def position_inputs(wildcards) -> dict:
    """Return the scores of a task, and the responses of the table's last task, whose positions are tracked."""
    plan = table_plan(wildcards.table)
    if wildcards.model in IMPORTED.with_classes:
        expected = "files with the columns text and position"
        remedy = "import its answers, or leave the model out"
        raise WorkflowError(str(mistake(f"models.{wildcards.model}", "files", expected, "class ids", remedy)))
    tracked = entry("tables", wildcards.table)["tasks"][-1]
    return {
        "scores": f"results/scores/{plan.image_set}/{plan.labels}/{wildcards.task}/{wildcards.model}.parquet",
        "responses": response_files(f"{plan.image_set}/{tracked}/{wildcards.model}", plan.image_set, wildcards.model),
    }


def table_labels(wildcards) -> str:
    """Return the labels that a table's images are counted by."""
    plan = table_plan(wildcards.table)
    return f"results/labels/{plan.image_set}/{plan.labels}.parquet"


def table_index(wildcards) -> str:
    """Return the index of a table's images, which tells the broken ones."""
    return f"results/images/{table_plan(wildcards.table).image_set}/index.parquet"


def fillable_tables() -> list[str]:
    """Return the run's tables that its models can fill; of the others it is said what they lack."""
    able, problems = protocols.fillable(config, RUN["tables"])
    for problem in problems:
        print(f"imeval: left out: {problem}", file=sys.stderr)
    return able


def behind_api(name: str) -> bool:
    """Return whether a model is asked over the network: no GPU, no weights, but a price."""
    return entry("models", name)["backend"] == "openai"


def max_error_share(wildcards) -> float:
    """Return the share of errors above which a job fails; a model that runs here fails by none."""
    return model(wildcards).get("max_error_share", 0.01 if behind_api(wildcards.model) else 1.0)


def api_chat(name: str) -> dict:
    """Return the entry of a model behind an API as it is asked, with the store of its answers."""
    apart = NEVER_CHANGE_AN_OUTPUT | {"max_error_share"}
    settings = {key: value for key, value in entry("models", name).items() if key not in apart}
    answer_format = entry("models", name).get("answer_format", "text")
    return settings | {"store": f"results/store/{name}", "answer_format": answer_format}


def asked_tasks(name: str) -> list[str]:
    """Return the tasks that a model is really asked, among them those whose answers others take; each once."""
    # Multiple choice is asked by its variants, whose questions depend on the labels.
    whole = [task for task in entry("models", name)["tasks"] if entry("tasks", task)["mapping"] != "letter"]
    return list(dict.fromkeys(entry("tasks", task).get("answers_of", task) for task in whole))


def asked_of_apis() -> list[dict]:
    """Return what the run asks models behind an API: which model and how, which task and prompt."""
    return [
        {"model": name, "task": task, "chat": api_chat(name), "asking": asking(name, task), **prompts(name, task)}
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
