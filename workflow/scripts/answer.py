"""Ask an MLLM about one shard of photographs; every answer is kept before the next is asked."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from imeval import models, schemas
from imeval.classes import class_names, renamed
from imeval.downloads import verify
from imeval.joblog import job
from imeval.models.chat import Chat
from imeval.prompts import ImagePart, Prompt, read_prompt
from imeval.responses import Request, answer_all, open_store

if TYPE_CHECKING:
    from snakemake.script import snakemake


PHOTOGRAPHS_AT_ONCE = 64


def main(
    images: str,
    prompt: str,
    names: Mapping[str, str],
    downloads: Sequence[str],
    backend: str,
    settings: Mapping[str, Any],
    store: str,
    writer: str,
    responses: str,
) -> None:
    """Ask what the store lacks, write the shard's responses."""
    verify(downloads)
    module = models.backend(backend, "chat")
    chat = module.load(module.Settings(**settings))
    asked = _requests(chat, images, read_prompt(prompt, renamed(class_names("clean"), names)))
    with open_store(store, writer) as opened:
        schemas.write(responses, schemas.Responses, answer_all(chat, asked, opened))


def _requests(chat: Chat, images: str, prompt: Prompt) -> Iterator[Request]:
    for batch in schemas.read_batches(images, schemas.Images, PHOTOGRAPHS_AT_ONCE):
        for image in batch.select("image_id", "sha256", "data").iter_rows():
            yield Request(chat.identity, 0, prompt.about(ImagePart(*image)))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            snakemake.input.images,
            snakemake.input.prompt,
            snakemake.params.names,
            snakemake.input.downloads,
            snakemake.params.backend,
            snakemake.params.chat,
            snakemake.params.store,
            f"{snakemake.wildcards.task}-{snakemake.wildcards.shard}",
            snakemake.output[0],
        )
