"""What asking costs: estimated before anything is asked, counted from the usage that an API reports, and bounded."""

import io
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
from PIL import Image

from imeval.asking.exchange import Request, Response
from imeval.asking.prompts import ImagePart
from imeval.base import shards
from imeval.base.errors import mistake

Size = tuple[int, int]
Bill = dict[str, int | float | None]
"""Counts, tokens and dollars of one model and task, by column."""

_TOKENS = {"input_tokens": pl.Int64, "cached_input_tokens": pl.Int64, "output_tokens": pl.Int64}
_WHOSE = {"model": pl.String, "task": pl.String}
WHAT = {"images_of": pl.String, "labels": pl.String, **_WHOSE}
"""What is asked; `labels` are those that multiple-choice questions offer, else null."""

EXPECTED = {
    **WHAT,
    "requests": pl.Int64,
    "images": pl.Int64,
    **_TOKENS,
    "usd": pl.Float64,
    "usd_prefix_caching": pl.Float64,
    "usd_batch": pl.Float64,
    "usd_batch_prefix_caching": pl.Float64,
}
"""The columns of results/cost.csv."""

SPENT = {**_WHOSE, "answers": pl.Int64, **_TOKENS, "usd": pl.Float64}
"""The columns of results/spent.csv."""

_TASK = re.compile(rf"-{shards.PATTERN}(-.*)?$")
"""What follows the task in the name of a store's file."""

_MILLION = 1_000_000
_CACHED_FROM, _CACHED_STEP = 1024, 128
"""OpenAI caches a shared prefix from 1024 tokens on, in steps of 128."""

_FITS, _SHORT_SIDE, _TILE = 2048, 768, 512
"""OpenAI's rule for GPT-4o: an image is shrunk into a square, then until its short side fits, and cut into tiles."""


@dataclass(frozen=True)
class Usage:
    """Tokens of one or many answers; `cached_tokens` are those of the input that the API took from its cache."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0


@dataclass(frozen=True)
class Prices:
    """US dollars per million tokens, and the share by which a batch is cheaper.

    Without `batch_cached_input` all input of a batch has the batch's price, cached or not.
    """

    input: float
    output: float
    cached_input: float | None = None
    batch_discount: float = 0.0
    batch_cached_input: float | None = None

    def usd(self, usage: Usage, *, batched: bool) -> float:
        """Return what these tokens cost."""
        share = 1 - self.batch_discount if batched else 1.0
        known = self.batch_cached_input if batched else self.cached_input
        cached_price = self.input * share if known is None else known
        full = (usage.input_tokens - usage.cached_tokens) * self.input + usage.output_tokens * self.output
        return (full * share + usage.cached_tokens * cached_price) / _MILLION


@dataclass(frozen=True)
class Estimate:
    """How tokens are guessed before an API has counted them; the defaults are those of GPT-4o.

    An image costs `image_tokens` and for each of its tiles of 512 pixels `tile_tokens`. `repeated_alone` is the share
    of images that an answer in JSON misses.
    """

    characters_per_token: float = 3.5
    output_tokens_per_image: float = 12.0
    image_tokens: int = 85
    tile_tokens: int = 170
    repeated_alone: float = 0.0

    def text(self, *texts: str) -> int:
        """Return the tokens of some texts."""
        return math.ceil(sum(map(len, texts)) / self.characters_per_token)

    def image(self, size: Size) -> int:
        """Return the tokens of a photograph by its width and height in pixels; small ones are not enlarged."""
        width, height = size
        shrunk = min(1.0, _FITS / max(width, height))
        shrunk = min(shrunk, _SHORT_SIDE / min(width, height))
        across, down = (math.ceil(max(1, round(side * shrunk)) / _TILE) for side in size)
        return self.image_tokens + self.tile_tokens * across * down

    def input_tokens(self, request: Request, size_of: Callable[[ImagePart], Size]) -> int:
        """Return the tokens of a request's messages."""
        parts = [part for message in request.messages for part in message.parts]
        texts = [part for part in parts if isinstance(part, str)]
        return self.text(*texts) + sum(self.image(size_of(part)) for part in parts if isinstance(part, ImagePart))

    def cached_tokens(self, request: Request) -> int:
        """Return the tokens before the first photograph that a cache of prefixes holds after the first request."""
        prefix = self.text(*_before_the_first_image(request))
        return prefix - prefix % _CACHED_STEP if prefix >= _CACHED_FROM else 0


def size_of(image: ImagePart) -> Size:
    """Return a photograph's width and height, read from its header."""
    with Image.open(io.BytesIO(image.data)) as opened:
        return opened.size


def usage_of(response: Response) -> Usage:
    """Return the tokens that the API reported of a response."""
    return Usage(response.input_tokens or 0, response.output_tokens or 0, response.cached_tokens or 0)


def expected(
    requests: Iterable[Request],
    estimate: Estimate,
    size_of: Callable[[ImagePart], Size],
    prices: Prices | None,
    *,
    repeated_alone: bool = False,
) -> Bill:
    """Return what requests that share their prefix would cost.

    Args:
        requests: those of one model and task.
        estimate: how their tokens are guessed.
        size_of: width and height of a photograph, in pixels.
        prices: None where nothing is known; all dollars are None then.
        repeated_alone: whether an image that an answer misses is asked about again, alone.
    """
    share = estimate.repeated_alone if repeated_alone else 0.0
    asked = images = 0
    input_tokens = cached = 0.0
    for request in requests:
        for sent, times in _times_sent(request, share):
            input_tokens += times * estimate.input_tokens(sent, size_of)
            cached += times * estimate.cached_tokens(sent) if asked else 0
        asked += 1
        images += len(request.image_ids)
    output_tokens = images * (1 + share) * estimate.output_tokens_per_image
    usage = Usage(round(input_tokens), round(output_tokens), round(cached))
    counts = {"requests": asked + round(images * share), "images": images, **_tokens(usage)}
    if prices is None:
        return counts | dict.fromkeys(name for name in EXPECTED if name.startswith("usd"))
    return counts | {
        "usd": _cents(prices.usd(replace(usage, cached_tokens=0), batched=False)),
        "usd_prefix_caching": _cents(prices.usd(usage, batched=False)),
        "usd_batch": _cents(prices.usd(replace(usage, cached_tokens=0), batched=True)),
        "usd_batch_prefix_caching": _cents(prices.usd(usage, batched=True)),
    }


def _times_sent(request: Request, repeated_alone: float) -> Iterator[tuple[Request, float]]:
    """Yield a request, once, and those that ask about each of its images alone, as often as is expected."""
    yield request, 1.0
    if repeated_alone:
        for position in range(1, len(request.image_ids) + 1):
            yield request.alone(position), repeated_alone


def spent(store: str | Path, prices: Prices | None) -> dict[str, Bill]:
    """Return what the answers in a model's store cost, by task, from the usage that the API reported."""
    tasks: dict[str, list[tuple[Usage, bool]]] = {}
    for path in sorted(Path(store).glob("*.jsonl")):
        lines, _ = _added_lines(path, 0)
        tasks.setdefault(_TASK.sub("", path.stem), []).extend(map(_usage, lines))
    return {task: _spent(usages, prices) for task, usages in tasks.items()}


def added(store: str | Path, sizes: Mapping[str, int], prices: Prices | None) -> tuple[Counter[str], float | None]:
    """Return how many answers of each status a model's store got since its files had some sizes, and what they cost.

    Args:
        store: the model's folder.
        sizes: the earlier sizes in bytes, by path; a file that was not there is new.
        prices: None where nothing is known; so are the dollars then.
    """
    new = [
        line for path in sorted(Path(store).glob("*.jsonl")) for line in _added_lines(path, sizes.get(str(path), 0))[0]
    ]
    usages = [_usage(line) for line in new]
    usd = sum(prices.usd(usage, batched=batched) for usage, batched in usages) if prices else None
    return Counter(json.loads(line)["status"] for line in new), usd


def _spent(usages: Sequence[tuple[Usage, bool]], prices: Prices | None) -> Bill:
    counts = [(usage.input_tokens, usage.output_tokens, usage.cached_tokens) for usage, _ in usages]
    total = Usage(*(sum(column) for column in zip(*counts, strict=True)))
    usd = _cents(sum(prices.usd(usage, batched=batched) for usage, batched in usages)) if prices else None
    answered = sum(usage.output_tokens > 0 for usage, _ in usages)
    return {"answers": answered, **_tokens(total), "usd": usd}


def _tokens(usage: Usage) -> dict[str, int]:
    return {
        "input_tokens": usage.input_tokens,
        "cached_input_tokens": usage.cached_tokens,
        "output_tokens": usage.output_tokens,
    }


def _cents(usd: float) -> float:
    return round(usd, 4)


def _before_the_first_image(request: Request) -> Iterable[str]:
    for message in request.messages:
        for part in message.parts:
            if isinstance(part, ImagePart):
                return
            yield part


class Spending:
    """What the answers in a model's store cost, whoever wrote them; only what was added is read again."""

    def __init__(self, store: str | Path, prices: Prices) -> None:
        self._store = Path(store)
        self._prices = prices
        self._read: dict[Path, int] = {}
        self._usd = 0.0

    def usd(self) -> float:
        """Return what was spent until now."""
        for path in self._store.glob("*.jsonl"):
            if path.stat().st_size == self._read.get(path, 0):
                continue
            lines, self._read[path] = _added_lines(path, self._read.get(path, 0))
            self._usd += sum(self._prices.usd(usage, batched=batched) for usage, batched in map(_usage, lines))
        return self._usd


class Budget:
    """A bound on what a model may cost: what is spent, under way and next together never pass it."""

    def __init__(self, model: str, max_usd: float, spending: Spending) -> None:
        self._model = model
        self._max_usd = max_usd
        self._spending = spending

    def require(self, under_way: float, usd: float) -> None:
        """Check before a request is sent, which could cost so many dollars, that there is so much left.

        Raises:
            UserError: there is not.
        """
        spent = self._spending.usd()
        if spent + under_way + usd > self._max_usd:
            found = f"${spent:.4f} spent, ${under_way:.4f} under way and up to ${usd:.4f} for the next"
            remedy = "raise max_usd to go on; every answer so far is kept"
            raise mistake(f"model {self._model}", "max_usd", f"at most ${self._max_usd:g}", found, remedy)


def _added_lines(path: Path, start: int) -> tuple[list[bytes], int]:
    """Return a file's lines from an offset on and where they end; a line that is still being written comes later."""
    with open(path, "rb") as file:
        file.seek(start)
        *lines, rest = file.read().split(b"\n")
        return lines, file.tell() - len(rest)


def _usage(line: bytes) -> tuple[Usage, bool]:
    """Return the tokens that a line of a store reports, and whether they have the price of a batch."""
    response = json.loads(line)
    counts = (response.get(name) or 0 for name in ("input_tokens", "output_tokens", "cached_tokens"))
    return Usage(*counts), response.get("batched", False)
