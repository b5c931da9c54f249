# INPUT   results/images, results/labels, results/embeddings/classes, prompt templates, and results/outputs of the
#         classifier whose confusions are counted
# OUTPUT  results/confusions, results/choices, and results/responses and results/predictions of multiple choice
# CONFIG  multiple_choice, tasks (variants with distractors)


rule confuse:
    input:
        index="results/images/{image_set}/index.parquet",
        outputs=STUDY.choices.outputs,
    output:
        "results/confusions/{image_set}/{model}.parquet",
    log:
        "results/logs/confusions/{image_set}/{model}.log",
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("confuse.py"),
        subject=STUDY.data.subject,
    message:
        "Counting the classes that {wildcards.model} confuses on {wildcards.image_set}"
    script:
        "../workflow/scripts/confuse.py"


rule choose:
    input:
        unpack(STUDY.choices.question_inputs),
        class_list=STUDY.data.class_list,
    output:
        "results/choices/{image_set}/{labels}/{task}.parquet",
    log:
        "results/logs/choices/{image_set}/{labels}/{task}.log",
    wildcard_constraints:
        task=one_of(STUDY.choices.tasks),
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("choose.py"),
        names=STUDY.data.renamed_classes,
        subject=STUDY.data.subject,
        variant=STUDY.choices.variant,
    message:
        "Making the questions of {wildcards.task} about {wildcards.image_set} ({wildcards.labels})"
    script:
        "../workflow/scripts/choose.py"


rule answer_choices:
    input:
        images="results/images/{image_set}/{shard}.parquet",
        choices="results/choices/{image_set}/{labels}/{task}.parquet",
        checkpoint=STUDY.inference.checkpoint,
        downloads=STUDY.inference.chat_downloads,
        server=STUDY.serving.server,
        worker=STUDY.serving.worker,
        prompt=STUDY.choices.prompt,
        class_list=STUDY.data.class_list,
    output:
        "results/responses/{image_set}/{labels}/{task}/{model}/{shard}.parquet",
    log:
        "results/logs/responses/{image_set}/{labels}/{task}/{model}/{shard}.log",
    wildcard_constraints:
        model=one_of(STUDY.inference.chats),
        task=one_of(STUDY.choices.tasks),
    priority: STUDY.loading.priority
    conda:
        STUDY.inference.environment
    threads: STUDY.inference.threads
    resources:
        **STUDY.entries.asked_of_cluster(STUDY.inference.chat_demand),
        api=STUDY.inference.api_slots,
    params:
        code=STUDY.inference.code("answer_choices.py"),
        contents=STUDY.choices.prompt_contents,
        names=STUDY.data.renamed_classes,
        subject=STUDY.data.subject,
        store="results/store/{model}",
        backend=STUDY.inference.backend,
        chat=STUDY.inference.chat,
        thought_tags=STUDY.inference.thought_tags,
        max_error_share=STUDY.inference.max_error_share,
    message:
        "Asking {wildcards.model} the questions of {wildcards.task} on {wildcards.image_set}, shard {wildcards.shard}"
    script:
        "../workflow/scripts/answer_choices.py"


rule map_choices:
    input:
        choices="results/choices/{image_set}/{labels}/{task}.parquet",
        responses=STUDY.choices.responses,
        class_list=STUDY.data.class_list,
    output:
        "results/predictions/{image_set}/{labels}/{task}/{model}.parquet",
    log:
        "results/logs/predictions/{image_set}/{labels}/{task}/{model}.log",
    wildcard_constraints:
        model=one_of(STUDY.choices.answered),
        task=one_of(STUDY.choices.tasks),
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("map_choices.py"),
        names=STUDY.data.renamed_classes,
        thought_tags=STUDY.inference.thought_tags,
        subject=STUDY.data.subject,
    message:
        "Reading the answers of {wildcards.model} to the questions of {wildcards.task} about {wildcards.image_set}"
    script:
        "../workflow/scripts/map_choices.py"
