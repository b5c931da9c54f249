"""The two-step closed world: prompts with the nearest class names."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from imeval.asking.contract import Responses
from imeval.asking.exchange import Request
from imeval.asking.prompts import ImagePart, Message, Prompt

NO_NAMES = "the model of the nearest names failed on this image"
"""The error of an image that has no names to choose from."""


@dataclass(frozen=True)
class NearestNames:
    """A task's prompt, with the names that are nearest to each image.

    Attributes:
        prompt: returns the prompt with these class names.
        names: the class names by class id.
        nearest: the classes of each image, in any order.
    """

    prompt: Callable[[Sequence[str]], Prompt]
    names: Sequence[str]
    nearest: Mapping[str, Sequence[int]]

    def about(self, image: ImagePart) -> tuple[Message, ...]:
        """Return the messages that ask about an image.

        Its names are in the order of the class list: their places do not show which is nearest.
        """
        return self.prompt([self.names[number] for number in sorted(self.nearest[image.image_id])]).about(image)


def nearest_classes(outputs: pl.DataFrame) -> dict[str, Sequence[int]]:
    """Return the classes of each image of `Outputs`.

    An image for which the model failed is left out.
    """
    return {image_id: classes for image_id, classes in outputs.select("image_id", "class_ids").iter_rows() if classes}


def requests_among_nearest(
    model: str, images: Iterable[pl.DataFrame], prompt: NearestNames, runs: int = 1
) -> Iterator[Request]:
    """Yield the requests about all images that have names, one image each.

    Args:
        model, images, runs: as in `requests.requests_about`.
        prompt: the task's.
    """
    for frame in images:
        for row in frame.select("image_id", "sha256", "data").iter_rows():
            if row[0] in prompt.nearest:
                messages = prompt.about(ImagePart(*row))
                yield from (Request(model, run, messages) for run in range(runs))


def without_names(image_ids: Iterable[str], prompt: NearestNames, runs: int = 1) -> pl.DataFrame:
    """Return `Responses` of the images without names, which are errors."""
    rows = [
        {"image_id": image_id, "run": run, "request_key": "none", "position": 1, "images_in_request": 1}
        | {"status": "error", "error": NO_NAMES, "attempts": 0}
        for image_id in image_ids
        if image_id not in prompt.nearest
        for run in range(runs)
    ]
    return pl.DataFrame(rows, schema=Responses.create_empty().schema)
