"""Ask an MLLM about one shard of photographs; every answer is kept before the next is asked."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from imeval import models
from imeval.asking.chat import AnswerSet, answers_counted
from imeval.asking.contract import Responses
from imeval.asking.loop import answer_all, require_answers
from imeval.asking.prompts import task_prompt
from imeval.asking.requests import Asking, images_asked, shard_requests, write_request
from imeval.asking.store import open_store
from imeval.base import parquet
from imeval.fetching.packages import verify
from imeval.labels.classes import class_names, renamed
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    images: Sequence[str],
    index: str | None,
    shard: str,
    prompt: str,
    names: Mapping[str, str],
    runs: int,
    json_answer: str | None,
    downloads: Sequence[str],
    asking: Asking,
    backend: str,
    settings: Mapping[str, Any],
    store: str,
    writer: str,
    readable: str,
    max_error_share: float,
    responses: str,
) -> None:
    """Ask what the store lacks, write the shard's responses; the first shard also writes its first request to read."""
    verify(downloads)
    module = models.backend(backend)
    called = renamed(class_names("clean"), names)
    among = [AnswerSet(called, asking.decoding)] if asking.decoding else []
    chat = module.load(module.Settings(**settings), *among)
    rendered = task_prompt(prompt, json_answer, asking.prompt, called)
    requests = shard_requests(chat.identity, images, rendered, asking, index=index, shard=shard, runs=runs)
    if shard.startswith("00000-"):
        requests = write_request(readable, chat, requests)
    progress = answers_counted(chat, images_asked(images, index, shard, asking.images_per_request) * runs)
    with open_store(store, writer) as opened:
        answers = answer_all(
            chat,
            requests,
            opened,
            answer_format=asking.answer_format,
            max_retries_alone=asking.max_retries_alone,
            progress=progress,
        )
    require_answers(answers, max_error_share)
    parquet.write(responses, Responses, answers)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject, snakemake.params.chat):
        main(
            snakemake.input.images,
            snakemake.input.get("index"),
            snakemake.wildcards.shard,
            snakemake.input.prompt,
            snakemake.params.names,
            snakemake.params.runs,
            snakemake.input.get("json_answer"),
            snakemake.input.downloads,
            Asking(**snakemake.params.asking),
            snakemake.params.backend,
            snakemake.params.chat,
            snakemake.params.store,
            "-".join(snakemake.wildcards.get(name) for name in ("task", "shard", "image_set")),
            snakemake.params.request,
            snakemake.params.max_error_share,
            snakemake.output[0],
        )
