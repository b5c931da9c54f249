# INPUT   results/images, results/embeddings, results/downloads, prompt templates, users' files of predictions
# OUTPUT  results/checkpoints, results/outputs, results/nearest, results/responses, results/predictions of imported class ids;
#         results/servers while a served model is asked;
#         results/store with every answer: it is no declared output, so a failed job does not delete it;
#         request.txt beside the responses, with one rendered request of the task for people to read
# CONFIG  models, tasks, json_answer, compute


rule convert_checkpoint:
    input:
        STUDY.inference.weights,
    output:
        directory("results/checkpoints/{model}"),
    log:
        "results/logs/checkpoints/{model}.log",
    priority: STUDY.loading.priority
    conda:
        "../envs/torch.yaml"
    resources:
        gpu=1,
        model_mb=STUDY.inference.checkpoint_mb,
    params:
        code=STUDY.code("convert_checkpoint.py"),
        weights=STUDY.inference.weights_path,
    message:
        "Converting the weights of {wildcards.model}"
    script:
        "../workflow/scripts/convert_checkpoint.py"


rule classify:
    input:
        images="results/images/{image_set}/{shard}.parquet",
        downloads=STUDY.inference.weights,
        class_list=STUDY.data.subset_file,
    output:
        "results/outputs/{image_set}/cw/{model}/{shard}.parquet",
    log:
        "results/logs/outputs/{image_set}/cw/{model}/{shard}.log",
    wildcard_constraints:
        model=STUDY.models_of("classify"),
    priority: STUDY.loading.priority
    conda:
        "../envs/torch.yaml"
    threads: config["compute"]["threads"]
    resources:
        **STUDY.entries.asked_of_cluster(STUDY.inference.image_demand),
    params:
        code=STUDY.inference.classifier_code,
        subject=STUDY.data.subject,
        backend=STUDY.inference.backend,
        classifier=STUDY.inference.settings,
    message:
        "Classifying the images of {wildcards.image_set} with {wildcards.model}, shard {wildcards.shard}"
    script:
        "../workflow/scripts/classify.py"


rule zero_shot:
    input:
        images="results/embeddings/{image_set}/images/{model}/{shard}.parquet",
        classes=STUDY.embeddings.classes_in_space,
    output:
        "results/outputs/{image_set}/cw/{model}/{shard}.parquet",
    log:
        "results/logs/outputs/{image_set}/cw/{model}/{shard}.log",
    wildcard_constraints:
        model=STUDY.models_of("zero_shot"),
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("zero_shot.py"),
        subject=STUDY.data.subject,
    message:
        "Comparing the images of {wildcards.image_set} with class names by {wildcards.model}, shard {wildcards.shard}"
    script:
        "../workflow/scripts/zero_shot.py"


# The names among which an MLLM chooses in the two-step closed world.
rule nearest_names:
    input:
        images="results/embeddings/{image_set}/images/{model}/{shard}.parquet",
        classes=STUDY.embeddings.classes_in_space,
    output:
        "results/nearest/{image_set}/{model}-{names}/{shard}.parquet",
    log:
        "results/logs/nearest/{image_set}/{model}-{names}/{shard}.log",
    wildcard_constraints:
        model=STUDY.models_of("zero_shot"),
        names="[0-9]+",
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("nearest_names.py"),
        subject=STUDY.data.subject,
    message:
        "Finding the {wildcards.names} nearest names of {wildcards.image_set} by {wildcards.model}, shard {wildcards.shard}"
    script:
        "../workflow/scripts/nearest_names.py"


# One job for all shards: a gallery may be 20 GB, which is then read once.
rule nearest_neighbours:
    input:
        images=STUDY.inference.embedded_images,
        gallery=STUDY.inference.gallery,
        index=STUDY.inference.gallery_index,
    output:
        "results/outputs/{image_set}/cw/{model}/all.parquet",
    log:
        "results/logs/outputs/{image_set}/cw/{model}/all.log",
    wildcard_constraints:
        model=STUDY.models_of("nearest_neighbours"),
    conda:
        "../envs/torch.yaml"
    threads: config["compute"]["threads"]
    resources:
        **STUDY.entries.asked_of_cluster(STUDY.inference.vote_demand),
    params:
        code=STUDY.code("nearest_neighbours.py"),
        subject=STUDY.data.subject,
        vote=STUDY.inference.vote,
    message:
        "Classifying {wildcards.image_set} by nearest neighbours of {wildcards.model}"
    script:
        "../workflow/scripts/nearest_neighbours.py"


# A server of a model, or the worker that holds the weights of a model that runs in jobs otherwise.
#
# Snakemake runs a service and all jobs that ask it as one group job, under SLURM on one node, and ends the service
# after them. Only the service counts the group's threads and GPUs, because the jobs that ask it need none. Its file is
# made at once, because Snakemake waits only seconds for it. `exec` replaces the shell, because Snakemake ends the
# process that it started.
rule serve:
    input:
        STUDY.inference.weights,
    output:
        service("results/servers/{model}.json"),
    log:
        job="results/logs/servers/{model}.log",
        output="results/logs/servers/{model}.output.log",
    wildcard_constraints:
        model=one_of(STUDY.serving.models),
    conda:
        "../envs/torch.yaml"
    threads: config["compute"]["threads"]
    resources:
        **STUDY.entries.asked_of_cluster(STUDY.serving.demand),
    params:
        # Snakemake ignores changes of params that have no built-in type. So another path or time limit of a server
        # reruns no job that has its answers.
        command=lambda wildcards: UserString(STUDY.serving.command(wildcards.model, internals.python_of(workflow))),
    message:
        "Starting the process that answers for {wildcards.model}"
    shell:
        """
        printf '{{"pid": %d}}' $$ >{output:q}
        exec {params.command} $PPID {output:q} {log.job:q} {log.output:q} {input:q}
        """


rule answer:
    input:
        unpack(STUDY.inference.asked_images),
        unpack(STUDY.inference.prompts),
        nearest=STUDY.inference.nearest_names,
        class_list=STUDY.data.class_list,
        checkpoint=STUDY.inference.checkpoint,
        downloads=STUDY.inference.chat_downloads,
        server=STUDY.serving.server,
        worker=STUDY.serving.worker,
    output:
        "results/responses/{image_set}/{task}/{model}/{shard}.parquet",
    log:
        "results/logs/responses/{image_set}/{task}/{model}/{shard}.log",
    wildcard_constraints:
        model=one_of(STUDY.inference.chats),
    priority: STUDY.loading.priority
    conda:
        STUDY.inference.environment
    threads: STUDY.inference.threads
    resources:
        **STUDY.entries.asked_of_cluster(STUDY.inference.chat_demand),
        api=STUDY.inference.api_slots,
    params:
        code=STUDY.inference.code("answer.py"),
        contents=STUDY.inference.prompt_contents,
        names=STUDY.data.renamed_classes,
        runs=STUDY.inference.runs,
        subject=STUDY.data.subject,
        store="results/store/{model}",
        backend=STUDY.inference.backend,
        chat=STUDY.inference.chat,
        asking=STUDY.inference.asking,
        request="results/responses/{image_set}/{task}/{model}/request.txt",
        max_error_share=STUDY.inference.max_error_share,
    message:
        "Asking {wildcards.model} about {wildcards.image_set}, shard {wildcards.shard} ({wildcards.task})"
    script:
        "../workflow/scripts/answer.py"


rule import_responses:
    input:
        file=STUDY.inference.imported_file,
        index="results/images/{image_set}/index.parquet",
    output:
        "results/responses/{image_set}/{task}/{model}/imported.parquet",
    log:
        "results/logs/responses/{image_set}/{task}/{model}/imported.log",
    wildcard_constraints:
        model=one_of(STUDY.imported.with_texts),
    priority: BEFORE_MODELS
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("import_responses.py"),
        contents=STUDY.inference.imported_contents,
        thought_tags=STUDY.inference.thought_tags,
        subject=STUDY.data.subject,
    message:
        "Reading your answers of {wildcards.model} in {wildcards.task} from {input.file}"
    script:
        "../workflow/scripts/import_responses.py"


rule import_predictions:
    input:
        file=STUDY.inference.imported_file,
        index="results/images/{image_set}/index.parquet",
        class_list=STUDY.data.class_list,
    output:
        "results/predictions/{image_set}/{task}/{model}.parquet",
    log:
        "results/logs/predictions/{image_set}/{task}/{model}.log",
    wildcard_constraints:
        model=one_of(STUDY.imported.with_classes),
    priority: BEFORE_MODELS
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("import_predictions.py"),
        contents=STUDY.inference.imported_contents,
        agreement_key=STUDY.inference.agreement_key,
        reading=STUDY.inference.reading,
        subject=STUDY.data.subject,
    message:
        "Reading your predictions of {wildcards.model} in {wildcards.task} from {input.file}"
    script:
        "../workflow/scripts/import_predictions.py"


rule import_candidates:
    input:
        file=STUDY.inference.imported_file,
        index="results/images/{image_set}/index.parquet",
        class_list=STUDY.data.class_list,
    output:
        "results/candidates/{image_set}/{task}/{model}.parquet",
    log:
        "results/logs/candidates/{image_set}/{task}/{model}.log",
    wildcard_constraints:
        model=one_of(STUDY.imported.with_classes),
    priority: BEFORE_MODELS
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("import_candidates.py"),
        contents=STUDY.inference.imported_contents,
        reading=STUDY.inference.reading,
        subject=STUDY.data.subject,
    message:
        "Reading all classes of each prediction of {wildcards.model} in {wildcards.task} from {input.file}"
    script:
        "../workflow/scripts/import_candidates.py"
