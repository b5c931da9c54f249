# INPUT   results/labels, results/predictions, results/outputs, results/responses; what people decided, in annotations/ or a file
# OUTPUT  results/disputes, results/annotations, revised label sets in results/labels
# CONFIG  annotation, run.models, scoring


rule disputes:
    input:
        labels="results/labels/{image_set}/{labels}.parquet",
        predictions=STUDY.annotation.predictions,
        outputs=STUDY.annotation.outputs,
    output:
        "results/disputes/{image_set}/{labels}.parquet",
    log:
        "results/logs/disputes/{image_set}/{labels}.log",
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("disputes.py"),
        subject=STUDY.data.subject,
        models=STUDY.annotation.models,
        ranked=STUDY.annotation.ranked,
        selection=STUDY.annotation.selection,
        confident_of=STUDY.annotation.confident_of,
    message:
        "Selecting the disputed images of {wildcards.image_set} under {wildcards.labels}"
    script:
        "../workflow/scripts/disputes.py"


rule disputed_images:
    input:
        images="results/images/{image_set}/{shard}.parquet",
        disputes="results/disputes/{image_set}/{labels}.parquet",
    output:
        temp("results/disputes/{image_set}/{labels}/images/{shard}.parquet"),
    log:
        "results/logs/disputes/{image_set}/{labels}/{shard}.log",
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("disputed_images.py"),
        subject=STUDY.data.subject,
    message:
        "Taking the disputed images of {wildcards.image_set}, shard {wildcards.shard}"
    script:
        "../workflow/scripts/disputed_images.py"


rule propose:
    input:
        disputes="results/disputes/{image_set}/{labels}.parquet",
        predictions=STUDY.annotation.predictions,
        responses=STUDY.annotation.listing_responses,
        class_list=STUDY.data.class_list,
    output:
        csv="results/disputes/{image_set}/{labels}.csv",
        proposals="results/disputes/{image_set}/{labels}/proposals.parquet",
    log:
        "results/logs/disputes/{image_set}/{labels}/proposals.log",
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("propose.py"),
        subject=STUDY.data.subject,
        models=STUDY.annotation.models,
        listed=STUDY.annotation.listed,
        sources=STUDY.annotation.sources,
        names=STUDY.data.renamed_classes,
    message:
        "Collecting what is proposed for the disputed images of {wildcards.image_set} under {wildcards.labels}"
    script:
        "../workflow/scripts/propose.py"


rule decisions:
    input:
        source=STUDY.annotation.source_of_decisions,
        index="results/images/{image_set}/index.parquet",
        labels="results/labels/{image_set}/{labels}.parquet",
        disputes="results/disputes/{image_set}/{labels}.parquet",
        class_list=STUDY.data.class_list,
    output:
        table="results/annotations/{image_set}/{labels}/decisions.parquet",
        resolved="results/annotations/{image_set}/{labels}/resolved.parquet",
        csv="results/annotations/{image_set}/{labels}/decisions.csv",
        json="results/annotations/{image_set}/{labels}/decisions.json",
        reannotation="results/annotations/{image_set}/{labels}/reannotation.jsonl",
        evaluation_report="results/annotations/{image_set}/{labels}/evaluation_report.json",
        experts="results/annotations/{image_set}/{labels}/experts.json",
        label_studio="results/annotations/{image_set}/{labels}/label_studio.json",
    log:
        "results/logs/annotations/{image_set}/{labels}/decisions.log",
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("decisions.py"),
        contents=STUDY.annotation.state_of_decisions,
        subject=STUDY.data.subject,
        form=STUDY.annotation.form_of_decisions,
        names=STUDY.data.renamed_classes,
    message:
        "Collecting what people decided about {wildcards.labels} of {wildcards.image_set}"
    script:
        "../workflow/scripts/decisions.py"


rule outcomes:
    input:
        decisions="results/annotations/{image_set}/{labels}/decisions.parquet",
        resolved="results/annotations/{image_set}/{labels}/resolved.parquet",
        disputes="results/disputes/{image_set}/{labels}.parquet",
        proposals="results/disputes/{image_set}/{labels}/proposals.parquet",
        labels="results/labels/{image_set}/{labels}.parquet",
        equivalence=STUDY.data.equivalence,
        published=STUDY.annotation.published,
        class_list=STUDY.data.class_list,
    output:
        table="results/annotations/{image_set}/{labels}/outcomes.parquet",
        images="results/annotations/{image_set}/{labels}/image_outcomes.parquet",
        csv="results/annotations/{image_set}/{labels}/outcomes.csv",
        html="results/annotations/{image_set}/{labels}/outcomes.html",
    log:
        "results/logs/annotations/{image_set}/{labels}/outcomes.log",
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("outcomes.py"),
        contents=STUDY.annotation.contents_of_outcomes,
        subject=STUDY.data.subject,
        compared=STUDY.annotation.compared,
        confidence=config["scoring"]["confidence"],
        titles=STUDY.annotation.titles,
        named=STUDY.annotation.named,
        names=STUDY.data.renamed_classes,
    message:
        "Counting what came of the second annotation pass over {wildcards.labels} of {wildcards.image_set}"
    script:
        "../workflow/scripts/outcomes.py"


rule revise_labels:
    input:
        labels=STUDY.annotation.labels_before,
        resolved=STUDY.annotation.resolved,
        index="results/images/{image_set}/index.parquet",
        equivalence=STUDY.data.equivalence,
        class_list=STUDY.data.class_list,
    output:
        "results/labels/{image_set}/{labels}.parquet",
    log:
        "results/logs/labels/{image_set}/{labels}.log",
    wildcard_constraints:
        labels="[^/@]+@[0-9]+",
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("revise_labels.py"),
        contents=STUDY.annotation.contents_of_equivalence,
        subject=STUDY.data.subject,
        equivalent=config["scoring"]["equivalent"],
    message:
        "Revising the labels of {wildcards.image_set} as {wildcards.labels}"
    script:
        "../workflow/scripts/revise_labels.py"
