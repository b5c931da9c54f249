# INPUT   results/images, results/embeddings, results/downloads, prompt templates, prediction files of the user's
# OUTPUT  results/servers while a served model is asked; results/checkpoints, results/outputs, results/responses, results/predictions of imported classes
#         results/store holds every answer as it came, outside the declared outputs: a failed job keeps it;
#         and request.txt beside the responses one rendered request a task, for a person to read
# CONFIG  models, tasks, json_answer, compute


include: "functions/inference.smk"


rule convert_checkpoint:
    input:
        lambda wildcards: weights_inputs(model(wildcards)["weights"]),
    output:
        directory("results/checkpoints/{model}"),
    log:
        "results/logs/checkpoints/{model}.log",
    conda:
        "../envs/torch.yaml"
    resources:
        gpu=1,
    params:
        code=code("convert_checkpoint.py"),
        weights=lambda wildcards: weights_path(model(wildcards)["weights"]),
    message:
        "Converting the weights of {wildcards.model} once"
    script:
        "../workflow/scripts/convert_checkpoint.py"


rule classify:
    input:
        images="results/images/{image_set}/{shard}.parquet",
        downloads=lambda wildcards: weights_inputs(model(wildcards)["weights"]),
    output:
        "results/outputs/{image_set}/cw/{model}/{shard}.parquet",
    log:
        "results/logs/outputs/{image_set}/cw/{model}/{shard}.log",
    wildcard_constraints:
        model=of_backends("timm"),
    conda:
        "../envs/torch.yaml"
    threads: config["compute"]["threads"]
    resources:
        **asked_of_cluster(image_demand),
    params:
        code=lambda wildcards: backend_code("classify.py", "classifier", model(wildcards)["backend"]),
        subject=lambda wildcards: subject(wildcards.image_set),
        backend=lambda wildcards: model(wildcards)["backend"],
        classifier=lambda wildcards: computing("models", wildcards.model),
    message:
        "Classifying {wildcards.image_set}, shard {wildcards.shard}, with {wildcards.model}"
    script:
        "../workflow/scripts/classify.py"


rule zero_shot:
    input:
        images="results/embeddings/{image_set}/images/{model}/{shard}.parquet",
        classes=class_embeddings,
    output:
        "results/outputs/{image_set}/cw/{model}/{shard}.parquet",
    log:
        "results/logs/outputs/{image_set}/cw/{model}/{shard}.log",
    wildcard_constraints:
        model=of_backends("conse", "open_clip", "dinotxt"),
    conda:
        "../envs/core.yaml"
    params:
        code=code("zero_shot.py"),
        subject=lambda wildcards: subject(wildcards.image_set),
    message:
        "Comparing {wildcards.image_set}, shard {wildcards.shard}, with the class names by {wildcards.model}"
    script:
        "../workflow/scripts/zero_shot.py"


rule nearest_neighbours:
    input:
        images="results/embeddings/{image_set}/images/{model}/{shard}.parquet",
        gallery=gallery_embeddings,
        index=lambda wildcards: f"results/images/{model(wildcards)['gallery']}/index.parquet",
    output:
        "results/outputs/{image_set}/cw/{model}/{shard}.parquet",
    log:
        "results/logs/outputs/{image_set}/cw/{model}/{shard}.log",
    wildcard_constraints:
        model=of_backends("knn"),
    conda:
        "../envs/torch.yaml"
    threads: config["compute"]["threads"]
    resources:
        **asked_of_cluster(vote_demand),
    params:
        code=code("nearest_neighbours.py"),
        subject=lambda wildcards: subject(wildcards.image_set),
        vote=vote,
    message:
        "Letting the neighbours of {wildcards.image_set}, shard {wildcards.shard}, vote ({wildcards.model})"
    script:
        "../workflow/scripts/nearest_neighbours.py"


# Snakemake starts a service and all jobs that ask it together, as one group job, and ends the service after them; under
# SLURM they run on one node. The service has the group's threads and GPUs, which those who ask neither need nor count.
# Its file is made and the shell replaced at once: Snakemake waits seconds for a file, and ends the process it started.
rule serve:
    input:
        lambda wildcards: weights_inputs(model(wildcards)["weights"]),
    output:
        service("results/servers/{model}.json"),
    log:
        job="results/logs/servers/{model}.log",
        output="results/logs/servers/{model}.output.log",
    wildcard_constraints:
        model=of_backends("served"),
    conda:
        "../envs/torch.yaml"
    threads: config["compute"]["threads"]
    resources:
        **asked_of_cluster(server_demand),
    params:
        # Of no built-in type: where things lie and how long a server may take reruns nothing that was answered.
        command=lambda wildcards: UserString(serve_command(wildcards.model)),
    message:
        "Serving {wildcards.model}"
    shell:
        """
        printf '{{"pid": %d}}' $$ >{output:q}
        exec {params.command} $PPID {output:q} {log.job:q} {log.output:q} {input:q}
        """


rule answer:
    input:
        unpack(asked_images),
        unpack(lambda wildcards: prompts(wildcards.model, wildcards.task)),
        checkpoint=converted_inputs,
        downloads=chat_downloads,
        server=server_file,
    output:
        "results/responses/{image_set}/{task}/{model}/{shard}.parquet",
    log:
        "results/logs/responses/{image_set}/{task}/{model}/{shard}.log",
    wildcard_constraints:
        model=CHATS,
    conda:
        lambda wildcards: f"../envs/{'api' if over_http(wildcards.model) else 'torch'}.yaml"
    threads: asking_threads
    resources:
        **asked_of_cluster(chat_demand),
        # Batches of all shards wait side by side; requests sent directly are `concurrency` already.
        api=lambda wildcards: int(behind_api(wildcards.model) and not model(wildcards).get("batch", False)),
    params:
        code=lambda wildcards: backend_code("answer.py", "chat", model(wildcards)["backend"]),
        contents=lambda wildcards: contents(*prompts(wildcards.model, wildcards.task).values()),
        names=lambda wildcards: renamed_classes(wildcards.image_set),
        runs=lambda wildcards: protocols.runs(entry("tasks", wildcards.task), model(wildcards)["backend"]),
        subject=lambda wildcards: subject(wildcards.image_set),
        store="results/store/{model}",
        backend=lambda wildcards: model(wildcards)["backend"],
        chat=chat,
        asking=lambda wildcards: asking(wildcards.model, wildcards.task),
        request="results/responses/{image_set}/{task}/{model}/request.txt",
        max_error_share=max_error_share,
    message:
        "Asking {wildcards.model} about {wildcards.image_set}, shard {wildcards.shard} ({wildcards.task})"
    script:
        "../workflow/scripts/answer.py"


rule import_responses:
    input:
        file=imported_file,
        index="results/images/{image_set}/index.parquet",
    output:
        "results/responses/{image_set}/{task}/{model}/imported.parquet",
    log:
        "results/logs/responses/{image_set}/{task}/{model}/imported.log",
    wildcard_constraints:
        model=one_of(IMPORTED.with_texts),
    conda:
        "../envs/core.yaml"
    params:
        code=code("import_responses.py"),
        contents=lambda wildcards: contents(imported_file(wildcards)),
        subject=lambda wildcards: subject(wildcards.image_set),
    message:
        "Reading your answers of {wildcards.model} ({wildcards.task}) from {input.file}"
    script:
        "../workflow/scripts/import_responses.py"


rule import_predictions:
    input:
        file=imported_file,
        index="results/images/{image_set}/index.parquet",
    output:
        "results/predictions/{image_set}/{task}/{model}.parquet",
    log:
        "results/logs/predictions/{image_set}/{task}/{model}.log",
    wildcard_constraints:
        model=one_of(IMPORTED.with_classes),
    conda:
        "../envs/core.yaml"
    params:
        code=code("import_predictions.py"),
        contents=lambda wildcards: contents(imported_file(wildcards)),
        subject=lambda wildcards: subject(wildcards.image_set),
    message:
        "Reading your predictions of {wildcards.model} ({wildcards.task}) from {input.file}"
    script:
        "../workflow/scripts/import_predictions.py"
