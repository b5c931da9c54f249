# INPUT   results/images, results/outputs, results/responses, encoders
# OUTPUT  results/embeddings
# CONFIG  models, encoders, mapping.template_answers, compute


include: "functions/embeddings.smk"


rule embed_classes:
    input:
        lambda wildcards: weights_inputs(entry(encoders(wildcards.encoder), wildcards.encoder)["weights"]),
    output:
        "results/embeddings/classes/{encoder}-{templates}{of}.parquet",
    log:
        "results/logs/embeddings/classes/{encoder}-{templates}{of}.log",
    wildcard_constraints:
        of=one_of(map(re.escape, ["", *(names_of(image_set) for image_set in config["image_sets"])])),
    conda:
        "../envs/torch.yaml"
    threads: config["compute"]["threads"]
    resources:
        **asked_of_cluster(class_names_demand),
    params:
        code=lambda wildcards: encoder_code("embed_classes.py", wildcards.encoder),
        backend=lambda wildcards: entry(encoders(wildcards.encoder), wildcards.encoder)["backend"],
        encoder=lambda wildcards: computing(encoders(wildcards.encoder), wildcards.encoder),
        names=lambda wildcards: renamed_classes(wildcards.of.removeprefix("-")) if wildcards.of else {},
    message:
        "Embedding the class names with {wildcards.encoder}, templates {wildcards.templates}"
    script:
        "../workflow/scripts/embed_classes.py"


rule embed_images:
    input:
        outputs=classifier_outputs,
        classes=class_embeddings,
    output:
        "results/embeddings/{image_set}/images/{model}/{shard}.parquet",
    log:
        "results/logs/embeddings/{image_set}/images/{model}/{shard}.log",
    wildcard_constraints:
        model=of_backends("conse"),
    conda:
        "../envs/core.yaml"
    params:
        code=code("embed_images.py"),
        subject=lambda wildcards: subject(wildcards.image_set),
        top=lambda wildcards: model(wildcards).get("top", 10),
    message:
        "Embedding {wildcards.image_set}, shard {wildcards.shard}, with {wildcards.model}"
    script:
        "../workflow/scripts/embed_images.py"


rule encode_images:
    input:
        images="results/images/{image_set}/{shard}.parquet",
        downloads=lambda wildcards: weights_inputs(model(wildcards)["weights"]),
    output:
        "results/embeddings/{image_set}/images/{model}/{shard}.parquet",
    log:
        "results/logs/embeddings/{image_set}/images/{model}/{shard}.log",
    wildcard_constraints:
        model=of_backends("open_clip", "dinotxt", "knn"),
    conda:
        "../envs/torch.yaml"
    threads: config["compute"]["threads"]
    resources:
        **asked_of_cluster(image_demand),
    params:
        code=lambda wildcards: backend_code("encode_images.py", "image encoder", model(wildcards)["backend"]),
        subject=lambda wildcards: subject(wildcards.image_set),
        backend=lambda wildcards: model(wildcards)["backend"],
        encoder=lambda wildcards: computing("models", wildcards.model),
    message:
        "Embedding {wildcards.image_set}, shard {wildcards.shard}, with {wildcards.model}"
    script:
        "../workflow/scripts/encode_images.py"


rule embed_answers:
    input:
        responses=responses,
        downloads=lambda wildcards: weights_inputs(entry("encoders", text_space(wildcards)["encoder"])["weights"]),
    output:
        "results/embeddings/{image_set}/{task}/{model}.parquet",
    log:
        "results/logs/embeddings/{image_set}/{task}/{model}.log",
    conda:
        "../envs/torch.yaml"
    threads: config["compute"]["threads"]
    resources:
        **asked_of_cluster(answers_demand),
    params:
        code=lambda wildcards: encoder_code("embed_answers.py", text_space(wildcards)["encoder"]),
        names=lambda wildcards: renamed_classes(wildcards.image_set),
        subject=lambda wildcards: subject(wildcards.image_set),
        backend=lambda wildcards: entry("encoders", text_space(wildcards)["encoder"])["backend"],
        encoder=lambda wildcards: computing("encoders", text_space(wildcards)["encoder"]),
        templates=lambda wildcards: (
            text_space(wildcards)["templates"] if config["mapping"]["template_answers"] else "none"
        ),
        mapping=lambda wildcards: entry("tasks", wildcards.task)["mapping"],
    message:
        "Embedding the answers of {wildcards.model} ({wildcards.task})"
    script:
        "../workflow/scripts/embed_answers.py"
