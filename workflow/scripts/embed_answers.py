"""Embed the distinct answers that are mapped by embedding."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from imeval import models
from imeval.asking.contract import Responses
from imeval.base import parquet
from imeval.fetching.packages import verify
from imeval.labels import classes
from imeval.mapping.answers import Rule, texts_to_embed
from imeval.models import text_embedding
from imeval.models.contract import TextEmbeddings
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    responses: Sequence[str],
    downloads: Sequence[str],
    rule: Rule,
    names: Mapping[str, str],
    backend: str,
    settings: Mapping[str, Any],
    templates: classes.Templates,
    embedded: str,
) -> None:
    """Read the responses, embed each distinct text that the rule maps by embedding."""
    verify(downloads)
    answers = parquet.read_all(responses, Responses)
    texts = texts_to_embed(answers, classes.renamed(classes.class_names("clean"), names), rule)
    module = models.backend(backend)
    encoder = module.load(module.Settings(**settings))
    frame = text_embedding.text_embeddings(encoder, texts, classes.prompt_templates(templates))
    parquet.write(embedded, TextEmbeddings, frame)


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
