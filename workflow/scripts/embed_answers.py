"""Embed the distinct answers that are mapped by embedding."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from imeval import classes, mapping, models, schemas
from imeval.downloads import verify
from imeval.joblog import job
from imeval.models import embeddings

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    responses: Sequence[str],
    downloads: Sequence[str],
    rule: mapping.Rule,
    names: Mapping[str, str],
    backend: str,
    settings: Mapping[str, Any],
    templates: classes.Templates,
    embedded: str,
) -> None:
    """Read the responses, embed each distinct text that the rule maps by embedding."""
    verify(downloads)
    answers = schemas.read_all(responses, schemas.Responses)
    texts = mapping.texts_to_embed(answers, classes.renamed(classes.class_names("clean"), names), rule)
    module = models.backend(backend, "text encoder")
    encoder = module.load(module.Settings(**settings))
    frame = embeddings.text_embeddings(encoder, texts, classes.prompt_templates(templates))
    schemas.write(embedded, schemas.TextEmbeddings, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject, snakemake.params.encoder):
        main(
            snakemake.input.responses,
            snakemake.input.downloads,
            snakemake.params.mapping,
            snakemake.params.names,
            snakemake.params.backend,
            snakemake.params.encoder,
            snakemake.params.templates,
            snakemake.output[0],
        )
