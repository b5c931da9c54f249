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
    return embedded_classes(text_space(wildcards), wildcards.image_set)


def embedded_classes(space: dict, image_set: str) -> str:
    """Return the embeddings that an encoder and templates make of the class names of an image set."""
    return "results/embeddings/classes/{encoder}-{templates}{of}.parquet".format(**space, of=names_of(image_set))


def names_of(image_set: str) -> str:
    """Return what tells class embeddings of an image set that renames classes from those of all others."""
    return f"-{image_set}" if renamed_classes(image_set) else ""


def encoders(name: str) -> str:
    """Return the registry of an encoder of class names: that of the encoders, or the models, for one that is its own."""
    return "encoders" if name in config["encoders"] else "models"


# Class names in 80 templates, and what is answered about an image, in tokens of an image.
IMAGES_OF_THE_CLASSES, IMAGES_OF_AN_ANSWER = 1600, 1.6


def class_names_demand(wildcards) -> demands.Demand:
    """Return what embedding the class names asks of a cluster."""
    return demand(entry(encoders(wildcards.encoder), wildcards.encoder), demands.Work(IMAGES_OF_THE_CLASSES))


def answers_demand(wildcards) -> demands.Demand:
    """Return what embedding the answers about an image set asks of a cluster."""
    work = demands.Work(IMAGES_OF_AN_ANSWER * demands.images_of(entry("image_sets", wildcards.image_set)))
    return demand(entry("encoders", text_space(wildcards)["encoder"]), work)
