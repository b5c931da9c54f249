# Input functions of mapping.smk: what answers are mapped by; no rules.


def mapping_inputs(wildcards) -> dict:
    """Return the responses of a task and, where it maps by embedding, the embeddings of answers and classes."""
    inputs = {"responses": responses(wildcards)}
    if entry("tasks", wildcards.task)["mapping"] in ("exact", "index"):
        return inputs
    answers = f"results/embeddings/{wildcards.image_set}/{wildcards.task}/{wildcards.model}.parquet"
    return inputs | {"classes": class_embeddings(wildcards), "answers": answers}
