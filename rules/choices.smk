# INPUT   results/outputs of the model whose confusions are taken, results/labels, results/embeddings/classes
# OUTPUT  results/confusions, results/choices, results/responses and results/predictions of multiple choice
# CONFIG  multiple_choice, tasks (variants with distractors)


include: "functions/choices.smk"


rule confuse:
    input:
        index="results/images/{image_set}/index.parquet",
        outputs=lambda wildcards: sharded("results/outputs/{image_set}/cw/{model}/{shard}.parquet", wildcards),
    output:
        "results/confusions/{image_set}/{model}.parquet",
    log:
        "results/logs/confusions/{image_set}/{model}.log",
    conda:
        "../envs/core.yaml"
    params:
        code=code("confuse.py"),
        subject=lambda wildcards: subject(wildcards.image_set),
    message:
        "Counting what {wildcards.model} confuses in {wildcards.image_set}"
    script:
        "../workflow/scripts/confuse.py"


rule choose:
    input:
        unpack(choice_inputs),
    output:
        "results/choices/{image_set}/{labels}/{task}.parquet",
    log:
        "results/logs/choices/{image_set}/{labels}/{task}.log",
    wildcard_constraints:
        task=MULTIPLE_CHOICE,
    conda:
        "../envs/core.yaml"
    params:
        code=code("choose.py"),
        names=lambda wildcards: renamed_classes(wildcards.image_set),
        subject=lambda wildcards: subject(wildcards.image_set),
        variant=choice_variant,
    message:
        "Making the questions {wildcards.task} about {wildcards.image_set}"
    script:
        "../workflow/scripts/choose.py"


rule answer_choices:
    input:
        images="results/images/{image_set}/{shard}.parquet",
        choices="results/choices/{image_set}/{labels}/{task}.parquet",
        checkpoint=converted_inputs,
        downloads=chat_downloads,
        server=server_file,
        prompt=lambda wildcards: entry("tasks", wildcards.task)["prompt"],
    output:
        "results/responses/{image_set}/{labels}/{task}/{model}/{shard}.parquet",
    log:
        "results/logs/responses/{image_set}/{labels}/{task}/{model}/{shard}.log",
    wildcard_constraints:
        model=CHATS,
        task=MULTIPLE_CHOICE,
    conda:
        lambda wildcards: f"../envs/{'api' if over_http(wildcards.model) else 'torch'}.yaml"
    threads: asking_threads
    resources:
        **asked_of_cluster(chat_demand),
        api=lambda wildcards: int(behind_api(wildcards.model) and not model(wildcards).get("batch", False)),
    params:
        code=lambda wildcards: backend_code("answer_choices.py", "chat", model(wildcards)["backend"]),
        contents=lambda wildcards: contents(entry("tasks", wildcards.task)["prompt"]),
        names=lambda wildcards: renamed_classes(wildcards.image_set),
        subject=lambda wildcards: subject(wildcards.image_set),
        store="results/store/{model}",
        backend=lambda wildcards: model(wildcards)["backend"],
        chat=chat,
        max_error_share=max_error_share,
    message:
        "Asking {wildcards.model} the questions {wildcards.task} about {wildcards.image_set}, shard {wildcards.shard}"
    script:
        "../workflow/scripts/answer_choices.py"


rule map_choices:
    input:
        choices="results/choices/{image_set}/{labels}/{task}.parquet",
        responses=choice_responses,
    output:
        "results/predictions/{image_set}/{labels}/{task}/{model}.parquet",
    log:
        "results/logs/predictions/{image_set}/{labels}/{task}/{model}.log",
    wildcard_constraints:
        model=one_of([CHATS, *IMPORTED.with_texts]),
        task=MULTIPLE_CHOICE,
    conda:
        "../envs/core.yaml"
    params:
        code=code("map_choices.py"),
        names=lambda wildcards: renamed_classes(wildcards.image_set),
        subject=lambda wildcards: subject(wildcards.image_set),
    message:
        "Reading the letters of {wildcards.model} ({wildcards.task})"
    script:
        "../workflow/scripts/map_choices.py"
