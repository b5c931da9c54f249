# Input functions of tables.smk: what fills a table; no rules.

from functools import cache

from imeval.tables import module_name


def table_code(name: str) -> str:
    """Return the hash of the code that builds a table, its layout's module included."""
    return code("table.py", module_name(entry("tables", name)["layout"]))


def described(name: str, plan: protocols.Plan) -> dict:
    """Return what a table says of a model besides its numbers."""
    keys, settings = ("title", "group", "vision_backbone", "language_model"), config["models"][name]
    space = "-".join(settings[key] for key in ("encoder", "templates") if key in settings)
    return {key: settings[key] for key in keys if key in settings} | {"tasks": plan.tasks(name), "space": space}


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


def inference(wildcards) -> dict:
    """Return how sure a table's order is: the intervals of its ranks, or the comparisons that it lists."""
    table = entry("tables", wildcards.table)
    if table["layout"] == "recognition" and table_plan(wildcards.table).rows:
        return {"ranks": f"results/ranks/{wildcards.table}.parquet"}
    if table["layout"] == "comparisons":
        return {"comparisons": f"results/comparisons/{table['of']}.parquet"}
    return {}


def published_file(wildcards) -> dict:
    """Return the paper's numbers of a table, if it has them."""
    table = entry("tables", wildcards.table)
    return {"published": table["published"]} if "published" in table else {}


def beside(wildcards) -> dict:
    """Return what stands beside a table's own numbers: the paper's, and those of a second image set with its labels."""
    table, plan = entry("tables", wildcards.table), table_plan(wildcards.table)
    published = published_file(wildcards)
    if "beside" not in table:
        return published
    place = "{image_set}/{labels}".format(**table["beside"])
    folder = "breakdowns/recall" if table["layout"] == "class_recall" else "metrics"
    return published | {
        "beside_metrics": [f"results/{folder}/{place}/{task}/{name}.parquet" for name, task in plan.rows],
        "beside_labels": f"results/labels/{place}.parquet",
    }


def table_index(wildcards) -> str:
    """Return the index of a table's images, which tells the broken ones."""
    return f"results/images/{table_plan(wildcards.table).image_set}/index.parquet"


@cache
def fillable() -> tuple[list[str], list[str]]:
    """Return the run's tables that its models can fill, and what the others lack."""
    return protocols.fillable(config, RUN["tables"])


@cache
def fillable_tables() -> list[str]:
    """Return the run's tables that its models can fill; of the others it is said, once, what they lack."""
    able, problems = fillable()
    for problem in problems:
        print(f"imeval: left out: {problem}", file=sys.stderr)
    return able


def table_inputs(wildcards) -> dict:
    """Return everything a table is made from, but for its provenance."""
    own = {"metrics": table_metrics, "breakdowns": table_breakdowns, "labels": table_labels, "index": table_index}
    return beside(wildcards) | inference(wildcards) | {name: files(wildcards) for name, files in own.items()}
