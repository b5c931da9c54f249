"""The checks beyond the schemas: names of entries, rules between keys, files."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from imeval.annotation import LABEL_SOURCES
from imeval.base.errors import some
from imeval.base.suggestions import did_you_mean
from imeval.labels.selection import BY_LABEL_SET, named_label_sets
from imeval.models.facts import LOCAL_PATH
from imeval.plan import discovery
from imeval.plan.backends import BACKENDS, WITHOUT_A_MODULE, asking_defaults, model_keys
from imeval.plan.class_lists import class_list_of, class_list_problems
from imeval.plan.explanations import Keys, MissingFile, Problem
from imeval.plan.paths import FOLDERS
from imeval.plan.revisions import revision_problems, unrevised
from imeval.plan.schema import Config
from imeval.plan.slicing import slice_problems
from imeval.plan.tables import expanded_tasks, registry_problems
from imeval.plan.trust import trust_problems
from imeval.serving.servers import SET_BY_THE_WORKFLOW

LABELLED_SOURCES = ("class_folders", "webdataset", "parquet")
"""The kinds of source that hold labels beside the images."""


def reference_problems(config: Config) -> Iterator[Problem]:
    """Yield the mistakes between entries that no schema finds."""
    for keys, name, registry in _references(config):
        if name not in config[registry]:
            yield Problem(keys, f"an entry of {registry}", f"'{name}'", did_you_mean(name, config[registry]))
    for keys, known, name, nearest in registry_problems(config):
        yield Problem(keys, f"an entry of {known}", f"'{name}'", nearest)
    for name, model in config["models"].items():
        yield from _named_model_problems(config, name, model)
        yield from _own_encoder_problems(config, name, model)
        yield from _answer_problems(name, model)
        yield from _server_problems(name, model)
        yield from _task_problems(config, name, model)
        yield from _decoding_problems(config, name, model)
    yield from _nearest_problems(config)
    yield from _disputed_problems(config)
    yield from slice_problems(config)
    yield from _run_name_problems(config)
    yield from dict.fromkeys(_title_problems(config))
    yield from trust_problems(config)
    yield from _annotation_problems(config)
    yield from class_list_problems(config)
    yield from revision_problems(config)
    yield from _template_problems(config)
    problems = list(source_problems(config))
    # The headers of prediction files can be read only if the files exist.
    yield from problems or _imported_problems(config)


def source_problems(config: Config) -> Iterator[Problem]:
    """Yield mistakes about the run's files and images."""
    run = config["run"]
    image_set = config["image_sets"].get(run["image_set"], {})
    yield from _image_set_problems(run["image_set"], image_set)
    selection = image_set.get("selection", {})
    label_sets = {run[key] for key in ("labels", "second_labels") if key in run}
    selecting = named_label_sets(selection, *BY_LABEL_SET)
    for name in sorted({*map(unrevised, label_sets), *selecting}):
        label_set = config["label_sets"].get(name, {})
        if label_set.get("kind") == "file":
            yield from _file_problems(("label_sets", name, "path"), label_set.get("path"))
    yield from _file_problems(("scoring", "equivalence"), config["scoring"]["equivalence"])
    classes = class_list_of(image_set)
    if "path" in config["class_lists"].get(classes, {}):
        yield from _file_problems(("class_lists", classes, "path"), config["class_lists"][classes]["path"])
    if "wordnet" in config["class_lists"].get(classes, {}):
        nouns = f"{config['class_lists'][classes]['wordnet']}/data.noun"
        yield from _file_problems(("class_lists", classes, "wordnet"), nouns)
    for figure, settings in config.get("figures", {}).items():
        for setting in discovery.figure_keys(figure) if figure in discovery.figures() else ():
            if LOCAL_PATH in setting.marks and settings.get(setting.name):
                yield from _file_problems(("figures", figure, setting.name), settings[setting.name])
    for key in ("json_answer", "numbered_answer"):
        yield from _file_problems((key,), config[key])
    for name in run["models"]:
        model = config["models"].get(name, {})
        for task, path in model.get("files", {}).items():
            yield from _file_problems(("models", name, "files", task), path)
        if model and model["backend"] not in WITHOUT_A_MODULE and "source" not in image_set:
            remedy = f"give image_sets.{run['image_set']}.source, or evaluate imported models only"
            yield Problem(("run", "models"), "an image set with pictures", f"none for the model '{name}'", remedy)


def imported_models(config: Config) -> list[str]:
    """Return the models with backend `imported` in the run and tables."""
    named = [config["run"]["models"], *(table.get("models", []) for table in config["tables"].values())]
    used = dict.fromkeys(name for names in named for name in names)
    return [name for name in used if config["models"].get(name, {}).get("backend") == "imported"]


def holds_text(path: str) -> bool:
    """Return whether a prediction file holds texts, not class ids.

    Raises:
        UserError: it is no prediction file.
    """
    # Imported late: it loads dataframely and polars, which a run without prediction files need not wait for.
    from imeval.mapping import prediction_files

    return prediction_files.holds_text(path)


def _run_name_problems(config: Config) -> Iterator[Problem]:
    name = config["run"].get("name")
    if name in FOLDERS:
        yield Problem(("run", "name"), "a name that no folder of results has", f"'{name}'", "name it otherwise")


def _title_problems(config: Config) -> Iterator[Problem]:
    """Yield the models that a table would list under one title."""
    for names in (config["run"]["models"], *(table.get("models", []) for table in config["tables"].values())):
        first: dict[str, str] = {}
        for name in names:
            title = config["models"].get(name, {}).get("title")
            if title and first.setdefault(title, name) != name:
                expected, found = "a title that no other model of the table has", f"'{title}', as {first[title]} has"
                yield Problem(("models", name, "title"), expected, found, "give one of them another title")


def _listing_problems(config: Config, sources: Iterable[str]) -> Iterator[Problem]:
    """Yield the sources `<model>/<task>` whose model answers no such task in words."""
    tasks = expanded_tasks(config)
    for source in sources:
        name, _, task = source.partition("/")
        model = config["models"].get(name, {})
        known = [one for one in tasks if one.partition(".")[0] in model.get("tasks", [])]
        if name not in config["run"]["models"]:
            continue
        if model["group"] != "mllm":
            expected = "an MLLM before the '/', as it lists labels in a task of its own"
            yield Problem(("annotation", "proposals"), expected, f"'{source}'", f"name {name} alone for its class")
        elif task not in known:
            yield Problem(("annotation", "proposals"), f"a task of {name}", f"'{task}'", did_you_mean(task, known))
        elif task not in model.get("files", {task: ""}):
            remedy = f"add models.{name}.files.{task}"
            yield Problem(("annotation", "proposals"), f"a task of {name} with a file", f"'{task}'", remedy)


def _annotation_problems(config: Config) -> Iterator[Problem]:
    """Yield the models of the annotation pass that the run lacks."""
    settings, known = config["annotation"], config["run"]["models"]
    named = [(("disagreeing",), name) for name in settings["disagreeing"]]
    sources = [source for source in settings.get("proposals", []) if source not in LABEL_SOURCES]
    named += [(("proposals",), source.partition("/")[0]) for source in sources]
    named += [(("confident_model",), settings["confident_model"])] if "confident_model" in settings else []
    for keys, name in named:
        if name not in known:
            yield Problem(("annotation", *keys), "a model of run.models", f"'{name}'", did_you_mean(name, known))
    yield from _listing_problems(config, [source for source in sources if "/" in source])
    for name, file in settings["decisions"].items():
        if name not in config["label_sets"]:
            remedy = did_you_mean(name, config["label_sets"])
            yield Problem(("annotation", "decisions", name), "an entry of label_sets", f"'{name}'", remedy)
        yield from _file_problems(("annotation", "decisions", name, "path"), file["path"])
    for task in settings["tasks"]:
        if task not in config["tasks"]:
            remedy = did_you_mean(task, config["tasks"])
            yield Problem(("annotation", "tasks"), "an entry of tasks", f"'{task}'", remedy)


def _template_problems(config: Config) -> Iterator[Problem]:
    """Yield the prompt templates, and the paper's numbers, that are not there."""
    for name, task in config["tasks"].items():
        variants = {("variants", key): variant for key, variant in task.get("variants", {}).items()}
        for keys, settings in [((), task), *variants.items()]:
            if "prompt" in settings:
                yield from _file_problems(("tasks", name, *keys, "prompt"), settings["prompt"])
    for name, table in config["tables"].items():
        if "published_in" in table:
            yield from _file_problems(("tables", name, "published_in"), table["published_in"])


def _references(config: Config) -> Iterator[tuple[Keys, str, str]]:
    """Yield each reference to an entry: keys to it, name, registry."""
    run = config["run"]
    yield ("run", "image_set"), run["image_set"], "image_sets"
    for key in ("labels", "second_labels"):
        if key in run:
            yield ("run", key), run[key], "label_sets"
    for key in ("models", "tables"):
        for place, name in enumerate(run[key]):
            yield ("run", key, place), name, key
    for name, image_set in config["image_sets"].items():
        if "download" in image_set.get("source", {}):
            yield ("image_sets", name, "source", "download"), image_set["source"]["download"], "downloads"
        for key in BY_LABEL_SET:
            for label_set in named_label_sets(image_set.get("selection", {}), key):
                yield ("image_sets", name, "selection", key), label_set, "label_sets"
    for name, slices in config["slices"].items():
        if "label_set" in slices:
            yield ("slices", name, "label_set"), slices["label_set"], "label_sets"
    for name, task in config["tasks"].items():
        if "answers_of" in task:
            yield ("tasks", name, "answers_of"), task["answers_of"], "tasks"
        for variant, settings in task.get("variants", {}).items():
            if "nearest" in settings:
                keys = ("tasks", name, "variants", variant, "nearest", "model")
                yield keys, settings["nearest"]["model"], "models"
    yield from _references_of_figures(config.get("figures", {}))
    for registry in ("models", "encoders"):
        for name, entry in config[registry].items():
            if "download" in entry.get("weights", {}):
                yield (registry, name, "weights", "download"), entry["weights"]["download"], "downloads"
    for name, model in config["models"].items():
        yield from _references_of_model(name, model)


def _references_of_figures(figures: Config) -> Iterator[tuple[Keys, str, str]]:
    for name, settings in figures.items():
        for key in discovery.figure_keys(name) if name in discovery.figures() else ():
            if key.entry and key.name in settings:
                value = settings[key.name]
                named = [value] if isinstance(value, str) else value
                yield from ((("figures", name, key.name), each, key.entry.registry) for each in named)


def _references_of_model(name: str, model: Config) -> Iterator[tuple[Keys, str, str]]:
    for key in model_keys(model["backend"]):
        value = model.get(key.name)
        if key.entry and isinstance(value, str):
            yield ("models", name, key.name), value, key.entry.registry
        elif key.entry and value:
            yield from (
                (("models", name, key.name, place), each, key.entry.registry) for place, each in enumerate(value)
            )


def _named_model_problems(config: Config, name: str, model: Config) -> Iterator[Problem]:
    for key in model_keys(model["backend"]):
        if key.entry and key.entry.backend:
            expected = key.entry.backend
            found = config["models"].get(model[key.name], {}).get("backend", expected)
            if found != expected:
                keys = ("models", name, key.name)
                yield Problem(keys, f"a model with backend {expected}", f"backend {found}", "name another")


def _own_encoder_problems(config: Config, name: str, model: Config) -> Iterator[Problem]:
    # Class embeddings are stored by the name of their encoder, so these two would be one file.
    if BACKENDS[model["backend"]].embeds_class_names and name in config["encoders"]:
        expected = "a name that no encoder has, as it embeds the class names itself"
        yield Problem(("models", name), expected, f"'{name}' in both", "rename one")


def _answer_problems(name: str, model: Config) -> Iterator[Problem]:
    asking = asking_defaults() | dict(model)
    if asking["images_per_request"] > 1 and asking["answer_format"] == "text":
        found = f"{asking['images_per_request']} with the answer_format text"
        remedy = "set answer_format: json"
        yield Problem(("models", name, "images_per_request"), "1, or answers in JSON", found, remedy)
    is_enforced = BACKENDS[model["backend"]].over_http and model.get("structured_output", True)
    if not asking["json_instruction"] and not (is_enforced and model.get("program") != "transformers"):
        expected = "true where no structured_output enforces JSON"
        yield Problem(("models", name, "json_instruction"), expected, "false", "leave it out")
    most = model.get("max_images_per_request")
    if most is not None and asking["images_per_request"] > most:
        expected, found = f"at most max_images_per_request, {most}", str(asking["images_per_request"])
        yield Problem(("models", name, "images_per_request"), expected, found, "lower it, or raise the other")


def _server_problems(name: str, model: Config) -> Iterator[Problem]:
    for key in ("arguments", "hardware"):
        for option in sorted(SET_BY_THE_WORKFLOW & set(model.get(key, {}))):
            expected, remedy = "an option that the workflow does not set itself", "leave it out"
            yield Problem(("models", name, key, option), expected, f"'{option}'", remedy)


def _task_problems(config: Config, name: str, model: Config) -> Iterator[Problem]:
    keys = ("models", name, "tasks")
    if model["group"] != "mllm" and model["tasks"] != ["cw"]:
        remedy = "only an mllm has other tasks"
        yield Problem(keys, f"[cw] for the group {model['group']}", some(model["tasks"]), remedy)
    if "files" in model:
        answered = {file.split(".")[0] for file in model["files"]}
        for task in model["tasks"]:
            source = config["tasks"].get(task, {}).get("answers_of", task)
            if not {task, source} & answered:
                found, remedy = f"files for {some(model['files'])}", f"add files.{source}"
                yield Problem(keys, f"a file for task {source}", found, remedy)


def _nearest_problems(config: Config) -> Iterator[Problem]:
    """Yield the two-step tasks whose names no model can find or list."""
    for name, task in config["tasks"].items():
        for variant, settings in task.get("variants", {}).items():
            keys = ("tasks", name, "variants", variant, "nearest")
            model = config["models"].get(settings.get("nearest", {}).get("model"))
            if model and "zero_shot" not in BACKENDS[model["backend"]].rules:
                expected, remedy = "a VLM, which compares images with names", "name another model"
                yield Problem((*keys, "model"), expected, f"backend {model['backend']}", remedy)
            if model and "decoding" in task:
                remedy = "make it a variant of a task without decoding"
                yield Problem(keys, "a task in free text", f"decoding {task['decoding']}", remedy)


def _disputed_problems(config: Config) -> Iterator[Problem]:
    """Yield tables of tasks about disputed images."""
    for name, table in config["tables"].items():
        for place, task in enumerate(table.get("tasks", [])):
            base, _, variant = task.partition(".")
            asked = config["tasks"].get(base, {}).get("variants", {}).get(variant, {}).get("asks_about")
            if asked == "disputed":
                expected = "a task that asks about all images"
                remedy = f"set tasks.{base}.variants.{variant}.asks_about: all"
                yield Problem(("tables", name, "tasks", place), expected, f"'{task}', about disputed ones", remedy)


def _decoding_problems(config: Config, name: str, model: Config) -> Iterator[Problem]:
    decodings = {task: config["tasks"].get(task, {}).get("decoding") for task in model["tasks"]}
    chosen = [task for task, decoding in decodings.items() if decoding]
    facts = BACKENDS[model["backend"]]
    if chosen and "answer" in facts.rules and not facts.chooses:
        expected = f"tasks that the backend {model['backend']} can answer"
        remedy = "take these out: it does not give the logits that they need"
        yield Problem(("models", name, "tasks"), expected, some(chosen), remedy)
    likelihoods = [task for task in chosen if decodings[task] != "constrained"]
    if likelihoods and model.get("attention") == "flash_attention_2":
        expected = f"sdpa or eager, which can tell names apart in one pass, for {some(likelihoods)}"
        yield Problem(("models", name, "attention"), expected, "flash_attention_2", "set attention: sdpa")


def _image_set_problems(name: str, image_set: Config) -> Iterator[Problem]:
    keys: Keys = ("image_sets", name)
    labels = image_set.get("original_labels", {})
    match labels.get("kind"):
        case "file" | "devkit" | "objectnet":
            yield from _file_problems((*keys, "original_labels", "path"), labels.get("path"))
        case "file_name" if "pattern" not in labels:
            remedy = "give a regular expression with one group, the class id"
            yield Problem((*keys, "original_labels"), "the key 'pattern'", "none", remedy)
        case "source" if image_set.get("source", {}).get("kind") not in LABELLED_SOURCES:
            expected = f"a source that has labels ({', '.join(LABELLED_SOURCES)})"
            found = image_set.get("source", {}).get("kind", "no source")
            yield Problem((*keys, "original_labels", "kind"), expected, found, "take the labels from elsewhere")
    for key in ("classes", "images"):
        if key in image_set.get("selection", {}):
            yield from _file_problems((*keys, "selection", key), image_set["selection"][key])


def _imported_problems(config: Config) -> Iterator[Problem]:
    for name in imported_models(config):
        model = config["models"][name]
        texts = [task for task, path in model["files"].items() if holds_text(path)]
        if texts and len(texts) < len(model["files"]):
            found = f"texts for {some(texts)} only"
            yield Problem(("models", name, "files"), "texts in every file or in none", found, "make two models of it")
        if texts and not {"encoder", "templates"} <= set(model):
            remedy = "add both, for the answers that are no class name"
            yield Problem(("models", name), "the keys 'encoder' and 'templates'", "files with texts", remedy)
        for task in model["tasks"]:
            if not texts and not any(file.split(".")[0] == task for file in model["files"]):
                remedy = f"add files.{task}: class ids cannot be mapped again"
                yield Problem(("models", name, "tasks"), f"a file for task {task}", "none", remedy)


def _file_problems(keys: Keys, path: str | None) -> Iterator[Problem]:
    if path is None:
        yield Problem(keys, "a path", "none", "name the file")
    elif Path(path).is_dir():
        yield Problem(keys, "a file", f"the folder {path}", "name a file in it")
    elif not Path(path).is_file():
        yield MissingFile(keys, "an existing file", f"no file {path}", "put it there or correct the path")
