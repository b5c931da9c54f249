"""Ask a chat model multiple-choice questions."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from imeval.asking.chat import answers_counted
from imeval.asking.contract import Responses
from imeval.asking.loop import answer_all, require_answers
from imeval.asking.prompts import read_question
from imeval.asking.requests import choice_requests
from imeval.asking.store import open_store
from imeval.base import parquet
from imeval.choices.contract import Choices
from imeval.fetching.packages import verify
from imeval.images import photographs
from imeval.images.contract import Images
from imeval.labels import class_lists
from imeval.labels.classes import renamed
from imeval.models.worker import chat_of_job
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    *,
    images: str,
    choices: str,
    prompt: str,
    class_list: Sequence[str],
    class_renames: Mapping[str, str],
    downloads: Sequence[str],
    backend: str,
    settings: Mapping[str, Any],
    worker: str | None,
    thought_tags: Sequence[str],
    store: str,
    writer: str,
    max_error_share: float,
    output: str,
) -> None:
    """Write the responses of a shard.

    The model is asked what the store lacks. Every response is in the store before the next request is sent.
    """
    verify(downloads)
    names = renamed(class_lists.of_job(class_list).names, class_renames)
    chat = chat_of_job(worker, backend, settings)
    questions = parquet.read(choices, Choices)
    asked = choice_requests(chat.identity, photographs.read(images), questions, read_question(prompt), names)
    # An image has a question for each run.
    count = len(questions.join(parquet.read(images, Images, ["image_id"]), on="image_id"))
    with open_store(store, writer) as opened:
        responses = answer_all(chat, asked, opened, thought_tags=thought_tags, progress=answers_counted(chat, count))
    require_answers(responses, max_error_share)
    parquet.write(output, Responses, responses)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject, snakemake.params.chat):
        main(
            images=snakemake.input.images,
            choices=snakemake.input.choices,
            prompt=snakemake.input.prompt,
            class_list=snakemake.input.class_list,
            class_renames=snakemake.params.names,
            downloads=snakemake.input.downloads,
            backend=snakemake.params.backend,
            settings=snakemake.params.chat,
            worker=next(iter(snakemake.input.worker), None),
            thought_tags=snakemake.params.thought_tags,
            store=snakemake.params.store,
            # Jobs that share a store each write a file that only they write.
            writer="-".join(snakemake.wildcards.get(name) for name in ("task", "shard", "image_set", "labels")),
            max_error_share=snakemake.params.max_error_share,
            output=snakemake.output[0],
        )
