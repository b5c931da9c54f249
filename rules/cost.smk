# INPUT   results/images, prompt templates; results/store, by the sizes of its files
# OUTPUT  results/cost.csv, what the run's models behind an API would still cost; results/spent.csv, what they have cost
#         neither asks anything
# CONFIG  run, models (prices, estimate), tasks


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


rule cost:
    input:
        images=run_shards,
        prompts=[asked[key] for asked in asked_of_apis() for key in ("prompt", "json_answer") if key in asked],
    output:
        "results/cost.csv",
    log:
        "results/logs/cost.log",
    conda:
        "../envs/api.yaml"
    params:
        code=code("cost.py"),
        subject=subject(RUN["image_set"]),
        asked=asked_of_apis(),
        stored=stored,
    message:
        "Estimating what is still to be paid"
    script:
        "../workflow/scripts/cost.py"


rule spent:
    output:
        "results/spent.csv",
    log:
        "results/logs/spent.log",
    conda:
        "../envs/core.yaml"
    params:
        code=code("spent.py"),
        subject=subject(RUN["image_set"]),
        stores=stores_of_apis(),
        stored=stored,
    message:
        "Summing up what was paid"
    script:
        "../workflow/scripts/spent.py"
