"""Classify one shard of images."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from imeval.base import parquet
from imeval.fetching.packages import verify
from imeval.images import photographs
from imeval.labels import class_lists
from imeval.models import weights
from imeval.models.contract import Outputs
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    *,
    images: str,
    downloads: Sequence[str],
    class_list: Sequence[str],
    backend: str,
    settings: Mapping[str, Any],
    output: str,
) -> None:
    """Write the outputs of a classifier.

    `class_list` is a file only where the classes are a part of ImageNet's.
    """
    verify(downloads)
    classifier = weights.load_once(backend, settings, *map(class_lists.places_in_imagenet, class_list))
    parquet.write(output, Outputs, classifier.classify(photographs.counted(images)))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject, snakemake.params.classifier):
        main(
            images=snakemake.input.images,
            downloads=snakemake.input.downloads,
            class_list=snakemake.input.class_list,
            backend=snakemake.params.backend,
            settings=snakemake.params.classifier,
            output=snakemake.output[0],
        )
