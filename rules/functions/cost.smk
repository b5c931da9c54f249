# Input functions of cost.smk: what is asked of models behind an API; no rules.


def table_places(name: str) -> list[tuple[str, str]]:
    """Return the images and labels that a table is about: its own, and those beside them."""
    plan, beside = table_plan(name), entry("tables", name).get("beside")
    return [(plan.image_set, plan.labels)] + ([(beside["image_set"], beside["labels"])] if beside else [])


def asked_rows() -> list[tuple[str, str | None, str, str]]:
    """Return image set, labels that questions offer, model and task of all that the run asks of APIs, each once.

    These are the tasks of its models, and what its tables are filled with.
    """
    tables, _ = fillable()
    place = (RUN["image_set"], RUN["labels"])
    rows = [(*place, name, task) for name in RUN["models"] for task in entry("models", name)["tasks"]]
    rows += [(*place, *row) for table in tables for place in table_places(table) for row in table_plan(table).rows]
    return list(dict.fromkeys(asked_row(*row) for row in rows if is_asked(*row[2:])))


def is_asked(name: str, task: str) -> bool:
    """Return whether a task asks a model behind an API: multiple choice does so by its variants."""
    return behind_api(name) and (entry("tasks", task)["mapping"] != "letter" or "distractors" in entry("tasks", task))


def asked_row(image_set: str, labels: str, name: str, task: str) -> tuple[str, str | None, str, str]:
    """Return a row with the task whose answers are taken, and with labels only where they are in the questions."""
    settings = entry("tasks", task)
    return image_set, labels if "distractors" in settings else None, name, settings.get("answers_of", task)


def asked_of_apis() -> list[dict]:
    """Return what the run asks models behind an API: about which images, which model, task and prompt, and how."""
    return [
        {
            "images_of": subject(image_set),
            "labels": labels,
            "model": name,
            "task": task,
            "images": shard_files(image_set),
            "names": renamed_classes(image_set),
            "chat": api_chat(name, task),
            **(choice_questions(image_set, labels, task) if labels else whole_questions(name, task)),
        }
        for image_set, labels, name, task in asked_rows()
    ]


def whole_questions(name: str, task: str) -> dict:
    """Return the templates of a task that is no multiple choice, how a model is asked in it and how often."""
    runs = protocols.runs(entry("tasks", task), entry("models", name)["backend"])
    return {"asking": asking(name, task), "runs": runs, **prompts(name, task)}


def choice_questions(image_set: str, labels: str, task: str) -> dict:
    """Return the template of a multiple-choice task, and the file of its questions."""
    choices = f"results/choices/{image_set}/{labels}/{task}.parquet"
    return {"prompt": entry("tasks", task)["prompt"], "choices": choices}


def asked_files(*keys: str) -> list[str]:
    """Return the files that say what is asked, each once: those under some keys of `asked_of_apis`."""
    named = [one[key] for one in asked_of_apis() for key in keys if key in one]
    return list(dict.fromkeys(path for paths in named for path in ([paths] if isinstance(paths, str) else paths)))


def stores_of_apis() -> list[dict]:
    """Return where the answers of the run's models behind an API lie, and what they are paid by."""
    names = dict.fromkeys(name for _, _, name, _ in asked_rows())
    return [
        {"model": name, "store": f"results/store/{name}", "prices": entry("models", name).get("prices")}
        for name in names
    ]


def stored(wildcards) -> dict[str, int]:
    """Return the sizes of the files of answers: a param, so that what is said of them is never out of date."""
    return {str(path): path.stat().st_size for path in sorted(Path("results/store").glob("*/*.jsonl"))}
