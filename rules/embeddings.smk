# INPUT   results/images, results/outputs, results/responses, weights of models and encoders
# OUTPUT  results/embeddings
# CONFIG  models, encoders, mapping.template_answers, compute


rule embed_classes:
    input:
        downloads=STUDY.embeddings.class_encoder_weights,
        class_list=STUDY.embeddings.class_list,
    output:
        "results/embeddings/classes/{encoder}-{templates}{of}.parquet",
    log:
        "results/logs/embeddings/classes/{encoder}-{templates}{of}.log",
    wildcard_constraints:
        of=STUDY.embeddings.renaming_suffixes(),
    priority: STUDY.loading.priority
    conda:
        "../envs/torch.yaml"
    threads: config["compute"]["threads"]
    resources:
        **STUDY.entries.asked_of_cluster(STUDY.embeddings.class_demand),
    params:
        code=STUDY.embeddings.class_code,
        backend=STUDY.embeddings.class_encoder_backend,
        encoder=STUDY.embeddings.class_encoder_settings,
        names=STUDY.embeddings.class_names,
    message:
        "Embedding the class names with {wildcards.encoder} and the templates {wildcards.templates}"
    script:
        "../workflow/scripts/embed_classes.py"


rule embed_images:
    input:
        outputs=STUDY.embeddings.averaged_outputs,
        classes=STUDY.embeddings.classes_of_classifier,
    output:
        "results/embeddings/{image_set}/images/{model}/{shard}.parquet",
    log:
        "results/logs/embeddings/{image_set}/images/{model}/{shard}.log",
    wildcard_constraints:
        model=STUDY.models_of("embed_images"),
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("embed_images.py"),
        subject=STUDY.data.subject,
        top=STUDY.embeddings.averaged_classes,
    message:
        "Embedding the images of {wildcards.image_set} with {wildcards.model}, shard {wildcards.shard}"
    script:
        "../workflow/scripts/embed_images.py"


rule encode_images:
    input:
        images="results/images/{image_set}/{shard}.parquet",
        downloads=STUDY.inference.weights,
    output:
        "results/embeddings/{image_set}/images/{model}/{shard}.parquet",
    log:
        "results/logs/embeddings/{image_set}/images/{model}/{shard}.log",
    wildcard_constraints:
        model=STUDY.models_of("encode_images"),
    priority: STUDY.loading.priority
    conda:
        "../envs/torch.yaml"
    threads: config["compute"]["threads"]
    resources:
        **STUDY.entries.asked_of_cluster(STUDY.inference.image_demand),
    params:
        code=STUDY.embeddings.image_code,
        subject=STUDY.data.subject,
        backend=STUDY.inference.backend,
        encoder=STUDY.inference.settings,
    message:
        "Embedding the images of {wildcards.image_set} with {wildcards.model}, shard {wildcards.shard}"
    script:
        "../workflow/scripts/encode_images.py"


rule embed_answers:
    input:
        responses=STUDY.inference.responses,
        downloads=STUDY.embeddings.answer_encoder_weights,
        class_list=STUDY.data.class_list,
    output:
        "results/embeddings/{image_set}/{task}/{model}.parquet",
    log:
        "results/logs/embeddings/{image_set}/{task}/{model}.log",
    priority: STUDY.loading.priority
    conda:
        "../envs/torch.yaml"
    threads: config["compute"]["threads"]
    resources:
        **STUDY.entries.asked_of_cluster(STUDY.embeddings.answer_demand),
    params:
        code=STUDY.embeddings.answer_code,
        names=STUDY.data.renamed_classes,
        subject=STUDY.data.subject,
        backend=STUDY.embeddings.answer_encoder_backend,
        encoder=STUDY.embeddings.answer_encoder_settings,
        templates=STUDY.embeddings.answer_templates,
        mapping=STUDY.mapping.rule,
        reading=STUDY.mapping.reading,
    message:
        "Embedding the answers of {wildcards.model} in {wildcards.task} on {wildcards.image_set}"
    script:
        "../workflow/scripts/embed_answers.py"
