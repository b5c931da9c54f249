# INPUT   results/labels, results/scores, results/metrics, label files with boxes, a user's table of images
# OUTPUT  results/boxes, results/slices, results/breakdowns/slices, results/sliced
# CONFIG  slices, tables (slices), label_sets, scoring


rule label_boxes:
    input:
        index="results/images/{image_set}/index.parquet",
        source=STUDY.slices.box_file,
    output:
        "results/boxes/{image_set}/{labels}.parquet",
    log:
        "results/logs/boxes/{image_set}/{labels}.log",
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("label_boxes.py"),
        contents=STUDY.slices.box_contents,
        subject=STUDY.data.subject,
    message:
        "Reading the boxes of {wildcards.labels} for {wildcards.image_set}"
    script:
        "../workflow/scripts/label_boxes.py"


rule slice_images:
    input:
        unpack(STUDY.slices.values),
        class_list=STUDY.data.class_list,
        equivalence=STUDY.data.equivalence,
    output:
        "results/slices/{image_set}/{labels}/{slices}.parquet",
    log:
        "results/logs/slices/{image_set}/{labels}/{slices}.log",
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("slice_images.py"),
        contents=STUDY.slices.contents,
        subject=STUDY.data.subject,
        settings=STUDY.slices.settings,
    message:
        "Slicing the images of {wildcards.image_set} by {wildcards.slices}"
    script:
        "../workflow/scripts/slice_images.py"


rule measure_slices:
    input:
        scores="results/scores/{image_set}/{labels}/{task}/{model}.parquet",
        slices="results/slices/{image_set}/{labels}/{slices}.parquet",
    output:
        "results/breakdowns/slices/{image_set}/{labels}/{slices}/{task}/{model}.parquet",
    log:
        "results/logs/breakdowns/slices/{image_set}/{labels}/{slices}/{task}/{model}.log",
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("measure_slices.py"),
        subject=STUDY.data.subject,
        errors=config["scoring"]["errors"],
        no_object=config["scoring"]["no_object"],
        confidence=config["scoring"]["confidence"],
    message:
        "Measuring {wildcards.model} in {wildcards.task} by {wildcards.slices}"
    script:
        "../workflow/scripts/measure_slices.py"


rule compare_slices:
    input:
        scores=STUDY.scoring.scores,
        metrics=STUDY.scoring.metrics,
        labels=STUDY.scoring.labels,
        slices=STUDY.slices.of_table,
    output:
        differences=STUDY.own("sliced/{table}/differences.parquet"),
        intervals=STUDY.own("sliced/{table}/intervals.parquet"),
        between=STUDY.own("sliced/{table}/between.parquet"),
    log:
        STUDY.own_log("sliced/{table}.log"),
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("compare_slices.py"),
        subject=STUDY.scoring.subject,
        entries=STUDY.scoring.rows,
        label_set=STUDY.scoring.label_set,
        best_tasks=STUDY.scoring.shows_best_tasks,
        best_task_by=config["scoring"]["best_task_by"],
        errors=config["scoring"]["errors"],
        no_object=config["scoring"]["no_object"],
        sampling=STUDY.scoring.sampling,
        confidence=config["scoring"]["confidence"],
    message:
        "Comparing the rows of {wildcards.table} within and between slices"
    script:
        "../workflow/scripts/compare_slices.py"
