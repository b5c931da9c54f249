"""The requests of a task: which photographs are asked about together."""

from collections.abc import Iterable, Iterator

import polars as pl

from imeval.prompts import ImagePart, Prompt
from imeval.responses import Request


def requests_about(model: str, images: Iterable[pl.DataFrame], prompt: Prompt, runs: int = 1) -> Iterator[Request]:
    """Yield the requests about all photographs of some Images frames, in their order.

    Args:
        model: the chat model's identity.
        images: at least image_id, sha256 and data; data may be empty where no request is sent, only its key is needed.
        prompt: the task's.
        runs: how often everything is asked.
    """
    for frame in images:
        for image in frame.select("image_id", "sha256", "data").iter_rows():
            messages = prompt.about(ImagePart(*image))
            yield from (Request(model, run, messages) for run in range(runs))
