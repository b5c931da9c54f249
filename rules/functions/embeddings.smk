# Input functions of embeddings.smk: encoders and what they embed; no rules.


def encoder_code(script: str, name: str) -> str:
    """Return the hash of a stage's code with that of the text encoder it loads."""
    return backend_code(script, "text encoder", entry(encoders(name), name)["backend"])


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
