"""Ask an MLLM multiple-choice questions about one shard of photographs; every answer is kept before the next."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl
from imeval import models
from imeval.asking.chat import answers_counted
from imeval.asking.contract import Responses
from imeval.asking.loop import answer_all, require_answers
from imeval.asking.prompts import read_question
from imeval.asking.requests import choice_requests
from imeval.asking.store import open_store
from imeval.base import parquet
from imeval.choices.contract import Choices
from imeval.fetching.packages import verify
from imeval.images.contract import Images
from imeval.labels.classes import class_names, renamed
from imeval.run.joblog import job

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
    module = models.backend(backend)
    chat = module.load(module.Settings(**settings))
    called = renamed(class_names("clean"), names)
    questions = parquet.read(choices, Choices)
    frames = parquet.read_batches(images, Images, PHOTOGRAPHS_AT_ONCE)
    asked = choice_requests(chat.identity, frames, questions, read_question(prompt), called)
    with open_store(store, writer) as opened:
        frame = answer_all(chat, asked, opened, progress=answers_counted(chat, _number(images, questions)))
    require_answers(frame, max_error_share)
    parquet.write(responses, Responses, frame)


def _number(images: str, choices: pl.DataFrame) -> int:
    return len(choices.join(parquet.read(images, Images, ["image_id"]), on="image_id"))


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
