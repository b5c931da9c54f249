# INPUT   results/predictions, results/labels, results/responses
# OUTPUT  results/scores, results/metrics, and results/breakdowns with metrics of parts of the images or answers;
#         results/samples, what each model made of each image
# CONFIG  scoring.errors, scoring.no_object, scoring.confidence, tables (positions)


rule score:
    input:
        predictions=STUDY.inference.predictions,
        candidates=STUDY.scoring.candidates,
        labels="results/labels/{image_set}/{labels}.parquet",
    output:
        scores="results/scores/{image_set}/{labels}/{task}/{model}.parquet",
        metrics="results/metrics/{image_set}/{labels}/{task}/{model}.parquet",
    log:
        "results/logs/scores/{image_set}/{labels}/{task}/{model}.log",
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("score.py"),
        subject=STUDY.data.subject,
        errors=config["scoring"]["errors"],
        no_object=config["scoring"]["no_object"],
        confidence=config["scoring"]["confidence"],
    message:
        "Scoring {wildcards.model} on {wildcards.task} against {wildcards.labels} of {wildcards.image_set}"
    script:
        "../workflow/scripts/score.py"


rule measure_mapping:
    input:
        unmapped=STUDY.scoring.unmapped_scores,
        mapped="results/scores/{image_set}/{labels}/{task}/{model}.parquet",
    output:
        "results/breakdowns/mapping/{image_set}/{labels}/{task}/{model}.parquet",
    log:
        "results/logs/breakdowns/mapping/{image_set}/{labels}/{task}/{model}.log",
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("measure_mapping.py"),
        subject=STUDY.data.subject,
        no_object=config["scoring"]["no_object"],
        confidence=config["scoring"]["confidence"],
    message:
        "Measuring which out-of-prompt answers of {wildcards.model} the mapping of {wildcards.task} corrects"
    script:
        "../workflow/scripts/measure_mapping.py"


rule measure_kinds:
    input:
        predictions=STUDY.inference.predictions,
        class_list=STUDY.data.class_list,
    output:
        "results/breakdowns/kinds/{image_set}/{task}/{model}.parquet",
    log:
        "results/logs/breakdowns/kinds/{image_set}/{task}/{model}.log",
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("measure_kinds.py"),
        subject=STUDY.data.subject,
        confidence=config["scoring"]["confidence"],
    message:
        "Counting the kinds of out-of-prompt answers of {wildcards.model} in {wildcards.task}"
    script:
        "../workflow/scripts/measure_kinds.py"


rule measure_positions:
    input:
        unpack(STUDY.scoring.position_inputs),
    output:
        STUDY.own("breakdowns/positions/{table}/{task}/{model}.parquet"),
    log:
        STUDY.own_log("breakdowns/positions/{table}/{task}/{model}.log"),
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("measure_positions.py"),
        subject=STUDY.scoring.subject,
        positions=STUDY.scoring.positions,
        errors=config["scoring"]["errors"],
        no_object=config["scoring"]["no_object"],
        confidence=config["scoring"]["confidence"],
    message:
        "Measuring the accuracy of {wildcards.model} in {wildcards.task} by position in a request"
    script:
        "../workflow/scripts/measure_positions.py"


rule measure_recall:
    input:
        scores="results/scores/{image_set}/{labels}/{task}/{model}.parquet",
        labels="results/labels/{image_set}/{labels}.parquet",
    output:
        "results/breakdowns/recall/{image_set}/{labels}/{task}/{model}.parquet",
    log:
        "results/logs/breakdowns/recall/{image_set}/{labels}/{task}/{model}.log",
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("measure_recall.py"),
        subject=STUDY.data.subject,
        errors=config["scoring"]["errors"],
        no_object=config["scoring"]["no_object"],
        confidence=config["scoring"]["confidence"],
    message:
        "Measuring the recall of {wildcards.model} in {wildcards.task} by class"
    script:
        "../workflow/scripts/measure_recall.py"


rule measure_levels:
    input:
        scores="results/scores/{image_set}/{labels}/{task}/{model}.parquet",
        predictions=STUDY.inference.predictions,
        labels="results/labels/{image_set}/{labels}.parquet",
        class_list=STUDY.data.levels,
    output:
        "results/breakdowns/levels/{image_set}/{labels}/{task}/{model}.parquet",
    log:
        "results/logs/breakdowns/levels/{image_set}/{labels}/{task}/{model}.log",
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("measure_levels.py"),
        subject=STUDY.data.subject,
        errors=config["scoring"]["errors"],
        no_object=config["scoring"]["no_object"],
        confidence=config["scoring"]["confidence"],
    message:
        "Measuring the accuracy of {wildcards.model} in {wildcards.task} at each level of the classes"
    script:
        "../workflow/scripts/measure_levels.py"


rule measure_crops:
    input:
        scores="results/scores/{image_set}/{labels}/{task}/{model}.parquet",
    output:
        "results/breakdowns/crops/{image_set}/{labels}/{task}/{model}.parquet",
    log:
        "results/logs/breakdowns/crops/{image_set}/{labels}/{task}/{model}.log",
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("measure_crops.py"),
        subject=STUDY.data.subject,
        errors=config["scoring"]["errors"],
        confidence=config["scoring"]["confidence"],
    message:
        "Measuring the best crop and all crops of each image by {wildcards.model} in {wildcards.task}"
    script:
        "../workflow/scripts/measure_crops.py"


rule samples:
    input:
        predictions=STUDY.scoring.sampled_predictions,
        scores=STUDY.scoring.sampled_scores,
        labels=STUDY.scoring.labels_of_run,
        class_list=STUDY.scoring.class_list_of_run,
    output:
        table=STUDY.own("samples.parquet"),
        csv=STUDY.own("samples.csv"),
    log:
        STUDY.own_log("samples.log"),
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("samples.py"),
        subject=STUDY.subject,
        entries=STUDY.scoring.sampled,
        names=STUDY.scoring.renamed_classes_of_run,
    message:
        "Writing what each model made of each image"
    script:
        "../workflow/scripts/samples.py"
