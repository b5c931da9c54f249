# Input functions of check.smk: what a run needs; no rules.


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
    imported_models = [*IMPORTED.with_texts, *IMPORTED.with_classes]
    where = ("base_url", "api_key_env", "allow_insecure_base_url")
    apis = {model: entry("models", model) for model in RUN["models"] if behind_api(model)}
    return {
        "name": name,
        "image_set": listed(name),
        "source": source(name),
        "made": sum(Path(shard).exists() for shard in shard_files(name)) / len(shards(name)),
        "label_sets": selecting_label_sets(name),
        "run_labels": {RUN["labels"]: entry("label_sets", RUN["labels"])},
        "equivalence": config["scoring"]["equivalence"],
        "equivalent": config["scoring"]["equivalent"],
        "missing_files": configuration.missing_files(config),
        "predictions": {model: entry("models", model)["files"] for model in imported_models},
        "packages": {package: entry("downloads", package)["version"] for package in packages()},
        "downloads": "results/downloads",
        "weights": {what: weights for what, weights in weighted().items() if "download" not in weights}
        | dinotxt_parts(),
        "endpoints": {model: {key: api[key] for key in where if key in api} for model, api in apis.items()},
        "programs": {
            model: entry("models", model)["program"]
            for model in RUN["models"]
            if entry("models", model)["backend"] == "served"
        },
        "obstacles": [*configuration.missing_galleries(config), *configuration.missing_backends(config)],
        "results": "results" if Path("results").is_dir() else ".",
    }
