# INPUT   results/images, results/boxes
# OUTPUT  results/crops
# CONFIG  image_sets (source of the kind crops), label_sets (kind boxes)


rule crop_images:
    input:
        shards=STUDY.data.images_to_crop,
        boxes="results/boxes/{image_set}/{labels}.parquet",
    output:
        archive="results/crops/{image_set}/{labels}/{take}.tar",
        labels="results/crops/{image_set}/{labels}/{take}.csv",
    log:
        "results/logs/crops/{image_set}/{labels}/{take}.log",
    wildcard_constraints:
        take="largest|each|widest",
    conda:
        "../envs/core.yaml"
    params:
        code=STUDY.code("crop_images.py"),
        subject=STUDY.data.subject,
    message:
        "Cropping the images of {wildcards.image_set} by the boxes of {wildcards.labels}: {wildcards.take}"
    script:
        "../workflow/scripts/crop_images.py"
