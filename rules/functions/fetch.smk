# Input functions of fetch.smk: what a run needs from the network; no rules.

from functools import cache


@cache
def planned() -> list[protocols.Plan]:
    """Return what fills the run's tables."""
    able, _ = fillable()
    return [table_plan(name) for name in able]


def planned_rows() -> list[tuple[str, dict]]:
    """Return the models and tasks of the run's tables."""
    return [(name, entry("tasks", task)) for plan in planned() for name, task in plan.rows]


def needed_models() -> list[str]:
    """Return the run's models, those of its tables, and those that they or the distractors are made of."""
    names = [*RUN["models"], *(name for name, _ in planned_rows())]
    if any(task.get("distractors") == "confusion" for _, task in planned_rows()):
        names.append(config["multiple_choice"]["confusions"]["model"])
    parts = [entry("models", name).get(part) for name in names for part in ("classifier", "tagger")]
    return list(dict.fromkeys([*names, *filter(None, parts)]))


def needed_encoders() -> list[str]:
    """Return the encoders that map the answers of the run's tables, or that distractors come from."""
    mapped = [
        entry("models", name) | task
        for name, task in planned_rows()
        if "embedding" in task["mapping"] and name not in IMPORTED.with_classes
    ]
    names = {settings["encoder"] for settings in mapped if "encoder" in settings}
    if any(task.get("distractors") == "text" for _, task in planned_rows()):
        names.add(config["multiple_choice"]["confbert"]["encoder"])
    return sorted(names)


def needed_image_sets() -> list[str]:
    """Return the run's image set, those of its tables, and those of galleries and confusions."""
    names = [RUN["image_set"], *(plan.image_set for plan in planned())]
    names += [table["beside"]["image_set"] for table in map(config["tables"].get, RUN["tables"]) if "beside" in table]
    names += [entry("models", name)["gallery"] for name in needed_models() if "gallery" in entry("models", name)]
    if any(task.get("distractors") == "confusion" for _, task in planned_rows()):
        names.append(config["multiple_choice"]["confusions"]["image_set"])
    return list(dict.fromkeys(names))


def weighted() -> dict[str, dict]:
    """Return all weights that the run needs, by what they are of."""
    named = {f"model {name}": entry("models", name) for name in needed_models()}
    named |= {f"encoder {name}": entry("encoders", name) for name in needed_encoders()}
    return {what: settings["weights"] for what, settings in named.items() if "weights" in settings}


def packages() -> list[str]:
    """Return the packages that the run needs, with weights or pictures."""
    sources = [entry("image_sets", name).get("source", {}) for name in needed_image_sets()]
    return sorted({settings["download"] for settings in [*weighted().values(), *sources] if "download" in settings})


def fetched() -> list[str]:
    """Return all that the run needs from the network."""
    manifests = {path for weights in weighted().values() for path in weights_inputs(weights)}
    return sorted({*manifests, *(f"results/downloads/{package}" for package in packages())})


def on_hub() -> list[tuple[str, dict]]:
    """Return the backends and weights of all models and encoders that come from the model hub, of the run or not."""
    registered = [*config["models"].values(), *config["encoders"].values()]
    return [
        (settings["backend"], settings["weights"]) for settings in registered if "hub" in settings.get("weights", {})
    ]


def loading_backends(wildcards) -> list[str]:
    """Return the backends that load a repository of the model hub."""
    weights = {"hub": wildcards.repository, "revision": wildcards.revision}
    return sorted({backend for backend, loaded in on_hub() if loaded == weights})
