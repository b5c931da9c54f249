"""Ask a chat model about a shard of images."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl
from imeval.asking.chat import AnswerSet, Chat, answers_counted
from imeval.asking.contract import Responses
from imeval.asking.exchange import Request
from imeval.asking.loop import answer_all, require_answers
from imeval.asking.nearest import NearestNames, nearest_classes, without_names
from imeval.asking.prompts import prompt_of_names
from imeval.asking.requests import Asking, Shard, shard_requests, write_request
from imeval.asking.store import ResponseStore, open_store
from imeval.base import parquet
from imeval.base.progress import Progress
from imeval.fetching.packages import verify
from imeval.images.contract import Images
from imeval.labels import class_lists
from imeval.labels.classes import renamed
from imeval.models.contract import Outputs
from imeval.models.worker import chat_of_job
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    *,
    shard: Shard,
    prompt: str,
    json_answer: str | None,
    nearest: Sequence[str],
    class_list: Sequence[str],
    class_renames: Mapping[str, str],
    runs: int,
    asking: Asking,
    downloads: Sequence[str],
    backend: str,
    settings: Mapping[str, Any],
    worker: str | None,
    store: str,
    writer: str,
    max_error_share: float,
    first_request: str,
    output: str,
) -> None:
    """Write the responses of a shard.

    The model is asked what the store lacks. The first shard also writes its first request as text, for a person.
    """
    verify(downloads)
    names = renamed(class_lists.of_job(class_list).names, class_renames)
    chat = chat_of_job(worker, backend, settings, AnswerSet(names, asking.decoding) if asking.decoding else None)
    template = prompt_of_names(prompt, json_answer, asking.prompt)
    among = NearestNames(template, names, nearest_classes(parquet.read_all(nearest, Outputs))) if nearest else None
    requests = shard_requests(chat.identity, shard, among or template(names), asking, runs=runs)
    if shard.name.startswith("00000-"):
        requests = write_request(first_request, chat, requests)
    progress = answers_counted(chat, shard.images_asked(asking.images_per_request) * runs)
    with open_store(store, writer) as opened:
        responses = _answered(chat, requests, opened, asking, progress)
    if among:
        images = parquet.read(shard.photographs, Images, ["image_id"])
        responses = pl.concat([responses, without_names(images["image_id"], among, runs)])
    require_answers(responses, max_error_share)
    parquet.write(output, Responses, responses)


def _answered(
    chat: Chat, requests: Iterator[Request], store: ResponseStore, asking: Asking, progress: Progress
) -> pl.DataFrame:
    """Return the Responses frame.

    Each response is in the store before the next request is sent.
    """
    return answer_all(
        chat,
        requests,
        store,
        answer_format=asking.answer_format,
        max_retries_alone=asking.max_retries_alone,
        thought_tags=asking.thought_tags,
        progress=progress,
    )


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject, snakemake.params.chat):
        main(
            shard=Shard(snakemake.wildcards.shard, snakemake.input.photographs, snakemake.input.get("index")),
            prompt=snakemake.input.prompt,
            json_answer=snakemake.input.get("json_answer"),
            nearest=snakemake.input.nearest,
            class_list=snakemake.input.class_list,
            class_renames=snakemake.params.names,
            runs=snakemake.params.runs,
            asking=Asking(**snakemake.params.asking),
            downloads=snakemake.input.downloads,
            backend=snakemake.params.backend,
            settings=snakemake.params.chat,
            worker=next(iter(snakemake.input.worker), None),
            store=snakemake.params.store,
            # Jobs that share a store each write a file that only they write.
            writer="-".join(snakemake.wildcards.get(name) for name in ("task", "shard", "image_set")),
            max_error_share=snakemake.params.max_error_share,
            first_request=snakemake.params.request,
            output=snakemake.output[0],
        )
