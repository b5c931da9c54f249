"""Embed the class names with a text encoder."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from imeval import classes, models, schemas
from imeval.downloads import verify
from imeval.joblog import job
from imeval.models import embeddings

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
    module = models.backend(backend, "text encoder")
    encoder = module.load(module.Settings(**settings))
    called = classes.renamed(classes.class_names("clean"), names)
    frame = embeddings.class_embeddings(encoder, called, classes.prompt_templates(templates))
    schemas.write(embedded, schemas.ClassEmbeddings, frame)


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
