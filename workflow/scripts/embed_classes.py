"""Embed the class names with a text encoder."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from imeval import models
from imeval.base import parquet
from imeval.fetching.packages import verify
from imeval.labels import classes
from imeval.models import text_embedding
from imeval.models.contract import ClassEmbeddings
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    downloads: Sequence[str],
    backend: str,
    settings: Mapping[str, Any],
    names: Mapping[str, str],
    templates: classes.Templates,
    embedded: str,
) -> None:
    """Load the encoder, write one embedding a class name."""
    verify(downloads)
    module = models.backend(backend)
    encoder = module.load(module.Settings(**settings))
    called = classes.renamed(classes.class_names("clean"), names)
    frame = text_embedding.class_embeddings(encoder, called, classes.prompt_templates(templates))
    parquet.write(embedded, ClassEmbeddings, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], "none, the class names alone", snakemake.params.encoder):
        main(
            snakemake.input,
            snakemake.params.backend,
            snakemake.params.encoder,
            snakemake.params.names,
            snakemake.wildcards.templates,
            snakemake.output[0],
        )
