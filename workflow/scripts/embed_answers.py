"""Embed the distinct answers of a model."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from imeval.asking.contract import Responses
from imeval.base import parquet
from imeval.fetching.packages import verify
from imeval.labels import class_lists
from imeval.labels.classes import Templates, prompt_templates, renamed
from imeval.mapping.answers import Reading, Rule, texts_to_embed
from imeval.models import weights
from imeval.models.contract import TextEmbeddings
from imeval.models.text_embedding import text_embeddings
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    *,
    responses: Sequence[str],
    downloads: Sequence[str],
    mapping: Rule,
    reading: Reading,
    class_list: Sequence[str],
    class_renames: Mapping[str, str],
    backend: str,
    settings: Mapping[str, Any],
    templates: Templates,
    output: str,
) -> None:
    """Write an embedding for each distinct text.

    Only texts count that are mapped by embedding.
    """
    verify(downloads)
    answers = parquet.read_all(responses, Responses)
    listed = class_lists.of_job(class_list)
    names, reading = renamed(listed.names, class_renames), replace(reading, synonyms=listed.synonyms)
    texts = texts_to_embed(answers, names, mapping, reading)
    encoder = weights.load_once(backend, settings)
    parquet.write(output, TextEmbeddings, text_embeddings(encoder, texts, prompt_templates(templates)))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject, snakemake.params.encoder):
        main(
            responses=snakemake.input.responses,
            downloads=snakemake.input.downloads,
            mapping=snakemake.params.mapping,
            reading=Reading(**snakemake.params.reading),
            class_list=snakemake.input.class_list,
            class_renames=snakemake.params.names,
            backend=snakemake.params.backend,
            settings=snakemake.params.encoder,
            templates=snakemake.params.templates,
            output=snakemake.output[0],
        )
