"""Ask an MLLM about one shard of photographs; every answer is kept before the next is asked."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from imeval import models, schemas
from imeval.classes import class_names, renamed
from imeval.downloads import verify
from imeval.joblog import job
from imeval.prompts import read_prompt
from imeval.requests import requests_about
from imeval.responses import answer_all, open_store, require_answers

if TYPE_CHECKING:
    from snakemake.script import snakemake


PHOTOGRAPHS_AT_ONCE = 64


def main(
    images: str,
    prompt: str,
    names: Mapping[str, str],
    runs: int,
    downloads: Sequence[str],
    backend: str,
    settings: Mapping[str, Any],
    store: str,
    writer: str,
    max_error_share: float,
    responses: str,
) -> None:
    """Ask what the store lacks, write the shard's responses unless too many are errors."""
    verify(downloads)
    module = models.backend(backend, "chat")
    chat = module.load(module.Settings(**settings))
    frames = schemas.read_batches(images, schemas.Images, PHOTOGRAPHS_AT_ONCE)
    requests = requests_about(chat.identity, frames, read_prompt(prompt, renamed(class_names("clean"), names)), runs)
    with open_store(store, writer) as opened:
        frame = answer_all(chat, requests, opened)
    require_answers(frame, max_error_share)
    schemas.write(responses, schemas.Responses, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            snakemake.input.images,
            snakemake.input.prompt,
            snakemake.params.names,
            snakemake.params.runs,
            snakemake.input.downloads,
            snakemake.params.backend,
            snakemake.params.chat,
            snakemake.params.store,
            f"{snakemake.wildcards.task}-{snakemake.wildcards.shard}",
            snakemake.params.max_error_share,
            snakemake.output[0],
        )
