# Input functions of cost.smk: what is asked of models behind an API; no rules.


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


def asked_prompts() -> list[str]:
    """Return the templates of what is asked."""
    return [asked[key] for asked in asked_of_apis() for key in ("prompt", "json_answer") if key in asked]


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
