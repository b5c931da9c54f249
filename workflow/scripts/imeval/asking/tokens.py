"""The tokens of requests and responses.

An API reports them, or they are estimated.
"""

import io
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Gt, Interval
from PIL import Image

from imeval.asking.exchange import Request, Response
from imeval.asking.prompts import ImagePart

Size = tuple[int, int]
"""Width and height of an image in pixels."""

# OpenAI caches a shared prefix from 1024 tokens on, in steps of 128.
_CACHED_FROM, _CACHED_STEP = 1024, 128

# OpenAI's rule for GPT-4o: an image is shrunk into a square of 2048 pixels, then until its short side has 768, and cut
# into tiles of 512.
_LONGEST_SIDE, _SHORT_SIDE, _TILE = 2048, 768, 512


@dataclass(frozen=True)
class Usage:
    """Tokens of one or many responses.

    `cached_tokens` are a part of the input tokens.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0


@dataclass(frozen=True)
class Estimate:
    """How tokens are estimated.

    The estimate is needed before an API counts them.
    """

    characters_per_token: Annotated[float, Gt(0)] = 3.5
    """Of text."""

    output_tokens_per_image: Annotated[float, Ge(0)] = 12.0
    """Of answers, for `results/cost.csv`."""

    image_tokens: Annotated[int, Ge(0)] = 85
    """Of an image as such; the default is that of GPT-4o."""

    tile_tokens: Annotated[int, Ge(0)] = 170
    """
    Of each tile of 512 pixels after an image was shrunk to fit 2048 pixels and its short side 768; the default is that
    of GPT-4o.
    """

    repeated_alone: Annotated[float, Interval(ge=0, le=1)] = 0.0
    """
    The share of images that an answer in JSON misses, so that they are asked about again, alone, for
    `results/cost.csv`. An image that is missed several times counts once.
    """

    def text(self, *texts: str) -> int:
        """Return the tokens of some texts."""
        return math.ceil(sum(map(len, texts)) / self.characters_per_token)

    def image(self, size: Size) -> int:
        """Return the tokens of an image.

        A small image is not enlarged.
        """
        width, height = size
        shrunk = min(1.0, _LONGEST_SIDE / max(width, height))
        shrunk = min(shrunk, _SHORT_SIDE / min(width, height))
        # An image of extreme proportions keeps at least one pixel, and so one tile, on its short side.
        across, down = (math.ceil(max(1, round(side * shrunk)) / _TILE) for side in size)
        return self.image_tokens + self.tile_tokens * across * down

    def input_tokens(self, request: Request, image_size: Callable[[ImagePart], Size]) -> int:
        """Return the tokens of a request's messages."""
        parts = [part for message in request.messages for part in message.parts]
        texts = [part for part in parts if isinstance(part, str)]
        return self.text(*texts) + sum(self.image(image_size(part)) for part in parts if isinstance(part, ImagePart))

    def cached_tokens(self, request: Request) -> int:
        """Return the tokens of the cached prefix.

        An API caches them with the first request. Only what comes before the first image is the same in all requests.
        """
        prefix = self.text(*_before_the_first_image(request))
        return prefix - prefix % _CACHED_STEP if prefix >= _CACHED_FROM else 0


def size_of(image: ImagePart) -> Size:
    """Return the size of an image.

    Width and height are read from its header.
    """
    with Image.open(io.BytesIO(image.data)) as opened:
        return opened.size


def usage_of(response: Response) -> Usage:
    """Return the reported tokens of a response.

    The API has counted them.
    """
    return Usage(response.input_tokens or 0, response.output_tokens or 0, response.cached_tokens or 0)


def _before_the_first_image(request: Request) -> Iterable[str]:
    for message in request.messages:
        for part in message.parts:
            if isinstance(part, ImagePart):
                return
            yield part
