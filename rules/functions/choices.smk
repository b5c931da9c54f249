# Input functions of choices.smk: how multiple-choice questions are made; no rules.


def choice_responses(wildcards) -> list[str]:
    """Return the answers to multiple-choice questions; the user's own lie with those to other tasks."""
    labels = "" if model(wildcards)["backend"] == "imported" else f"{wildcards.labels}/"
    folder = f"{wildcards.image_set}/{labels}{wildcards.task}/{wildcards.model}"
    return response_files(folder, wildcards.image_set, wildcards.model)


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
        "text": {"classes": embedded_classes(settings["confbert"], wildcards.image_set)},
    }
    return inputs | sources[entry("tasks", wildcards.task)["distractors"]]
