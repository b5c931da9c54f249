"""Ask an MLLM multiple-choice questions about one shard of photographs; every answer is kept before the next."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl
from imeval import models, schemas
from imeval.classes import class_names, renamed
from imeval.downloads import verify
from imeval.joblog import job
from imeval.models.chat import Chat
from imeval.prompts import ImagePart, Question, read_question
from imeval.responses import Request, answer_all, open_store, require_answers

if TYPE_CHECKING:
    from snakemake.script import snakemake


PHOTOGRAPHS_AT_ONCE = 64


def main(
    images: str,
    choices: str,
    prompt: str,
    names: Mapping[str, str],
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
    called = renamed(class_names("clean"), names)
    asked = _requests(chat, images, schemas.read(choices, schemas.Choices), read_question(prompt), called)
    with open_store(store, writer) as opened:
        frame = answer_all(chat, asked, opened)
    require_answers(frame, max_error_share)
    schemas.write(responses, schemas.Responses, frame)


def _requests(
    chat: Chat, images: str, choices: pl.DataFrame, question: Question, names: Sequence[str]
) -> Iterator[Request]:
    asked = choices.partition_by("image_id", as_dict=True)
    for batch in schemas.read_batches(images, schemas.Images, PHOTOGRAPHS_AT_ONCE):
        for image in batch.select("image_id", "sha256", "data").iter_rows():
            for run, options in asked[(image[0],)].select("run", "options").iter_rows():
                messages = question.about(ImagePart(*image), [names[option] for option in options])
                yield Request(chat.identity, run, messages)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject, snakemake.params.chat):
        main(
            snakemake.input.images,
            snakemake.input.choices,
            snakemake.input.prompt,
            snakemake.params.names,
            snakemake.input.downloads,
            snakemake.params.backend,
            snakemake.params.chat,
            snakemake.params.store,
            "-".join(snakemake.wildcards.get(name) for name in ("task", "shard", "image_set", "labels")),
            snakemake.params.max_error_share,
            snakemake.output[0],
        )
