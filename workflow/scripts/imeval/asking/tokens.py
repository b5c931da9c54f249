"""The tokens of requests and responses, reported or estimated."""

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

# OpenAI's rule for GPT-4o: shrink an image into a square of 2048 pixels, then its short side to 768, and cut it into
# tiles of 512.
_LONGEST_SIDE, _SHORT_SIDE, _TILE = 2048, 768, 512


@dataclass(frozen=True)
class Usage:
    """The tokens of one or many responses.

    `cached_tokens` are a part of the input tokens, `reasoning_tokens` of the output tokens.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0


@dataclass(frozen=True)
class Estimate:
    """Rules that estimate tokens before an API has counted any."""

    characters_per_token: Annotated[float, Gt(0)] = 3.5
    """Characters of text in one token."""

    output_tokens_per_image: Annotated[float, Ge(0)] = 12.0
    """Tokens of the answer about one image, for `results/cost.csv`."""

    reasoning_tokens_per_request: Annotated[float, Ge(0)] = 0.0
    """Tokens of the thoughts before an answer, for `results/cost.csv`; they cost as much as those of answers."""

    image_tokens: Annotated[int, Ge(0)] = 85
    """Tokens of an image, without its tiles; the default is that of GPT-4o."""

    tile_tokens: Annotated[int, Ge(0)] = 170
    """
    Tokens of each tile of 512 pixels, after the image is shrunk to fit 2048 pixels and its short side to 768; the
    default is that of GPT-4o.
    """

    repeated_alone: Annotated[float, Interval(ge=0, le=1)] = 0.0
    """
    The share of images that a JSON answer about several lacks, and that are asked about again alone, for
    `results/cost.csv`. An image counts once, however often it is lacking.
    """

    def text(self, *texts: str) -> int:
        """Estimate the tokens of texts together."""
        return math.ceil(sum(map(len, texts)) / self.characters_per_token)

    def image(self, size: Size) -> int:
        """Estimate the tokens of an image, which is never enlarged."""
        width, height = size
        shrunk = min(1.0, _LONGEST_SIDE / max(width, height))
        shrunk = min(shrunk, _SHORT_SIDE / min(width, height))
        # An image of extreme proportions keeps at least one pixel, and so one tile, on its short side.
        across, down = (math.ceil(max(1, round(side * shrunk)) / _TILE) for side in size)
        return self.image_tokens + self.tile_tokens * across * down

    def input_tokens(self, request: Request, image_size: Callable[[ImagePart], Size]) -> int:
        """Estimate the tokens of a request's messages."""
        parts = [part for message in request.messages for part in message.parts]
        texts = [part for part in parts if isinstance(part, str)]
        return self.text(*texts) + sum(self.image(image_size(part)) for part in parts if isinstance(part, ImagePart))

    def cached_tokens(self, request: Request) -> int:
        """Estimate the tokens of the prefix that an API caches.

        Only what comes before the first image is the same in all requests.
        """
        prefix = self.text(*_before_the_first_image(request))
        return prefix - prefix % _CACHED_STEP if prefix >= _CACHED_FROM else 0


def size_of(image: ImagePart) -> Size:
    """Read the size of an image from its header."""
    with Image.open(io.BytesIO(image.data)) as opened:
        return opened.size


def usage_of(response: Response) -> Usage:
    """Return the tokens that an API reported for a response."""
    counts = (response.input_tokens, response.output_tokens, response.cached_tokens, response.reasoning_tokens)
    return Usage(*(count or 0 for count in counts))


def _before_the_first_image(request: Request) -> Iterable[str]:
    for message in request.messages:
        for part in message.parts:
            if isinstance(part, ImagePart):
                return
            yield part
