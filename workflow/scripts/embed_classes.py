"""Embed the class names with a text encoder."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from imeval.base import parquet
from imeval.fetching.packages import verify
from imeval.labels import class_lists
from imeval.labels.classes import Templates, prompt_templates, renamed
from imeval.models import weights
from imeval.models.contract import ClassEmbeddings
from imeval.models.text_embedding import class_embeddings
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    *,
    downloads: Sequence[str],
    backend: str,
    settings: Mapping[str, Any],
    class_list: Sequence[str],
    class_renames: Mapping[str, str],
    templates: Templates,
    output: str,
) -> None:
    """Write an embedding for each class name."""
    verify(downloads)
    encoder = weights.load_once(backend, settings)
    names = renamed(class_lists.of_job(class_list).names, class_renames)
    parquet.write(output, ClassEmbeddings, class_embeddings(encoder, names, prompt_templates(templates)))


if __name__ == "__main__":
    with job(snakemake.log[0], "none, the class names alone", snakemake.params.encoder):
        main(
            downloads=snakemake.input.downloads,
            backend=snakemake.params.backend,
            settings=snakemake.params.encoder,
            class_list=snakemake.input.class_list,
            class_renames=snakemake.params.names,
            templates=snakemake.wildcards.templates,
            output=snakemake.output[0],
        )
