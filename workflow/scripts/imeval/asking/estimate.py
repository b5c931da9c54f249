"""The estimated cost of unsent requests."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from imeval.asking.exchange import Request
from imeval.asking.prices import Prices
from imeval.asking.prompts import ImagePart
from imeval.asking.tokens import Estimate, Size, Usage

WHAT = {"images_of": pl.String, "labels": pl.String, "model": pl.String, "task": pl.String}
"""The key columns of results/cost.csv; `labels` are those of multiple-choice questions, else null."""

EXPECTED = {
    **WHAT,
    "requests": pl.Int64,
    "images": pl.Int64,
    "input_tokens": pl.Int64,
    "cached_input_tokens": pl.Int64,
    "output_tokens": pl.Int64,
    "reasoning_tokens": pl.Int64,
    "usd": pl.Float64,
    "usd_prefix_caching": pl.Float64,
    "usd_batch": pl.Float64,
    "usd_batch_prefix_caching": pl.Float64,
    "estimated": pl.Boolean,
}
"""The columns of results/cost.csv.

`estimated` marks rows of which only the number of images is known: their pictures are not read yet, or the questions of
multiple choice are not made yet.
"""

PICTURE: Size = (500, 375)
"""The size that a picture is taken to have before it is read: that of most photographs of ImageNet."""

TOTAL = "total"
"""The task of the rows that add up those of a model, and the model of the last one."""


def with_totals(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows of results/cost.csv, then one a model, then one of all."""
    totals = [
        _added(of_model, str(model), TOTAL)
        for (model,), of_model in rows.group_by("model", maintain_order=True)
        if len(of_model) > 1
    ]
    if rows["model"].n_unique() > 1:
        totals.append(_added(rows, TOTAL, TOTAL))
    return pl.concat([rows, *totals])


def _added(rows: pl.DataFrame, model: str, task: str) -> pl.DataFrame:
    """Return a row that adds up others.

    Dollars that one of them lacks are unknown.
    """
    counts = [name for name, kind in EXPECTED.items() if kind in (pl.Int64, pl.Float64)]
    sums = {name: None if rows[name].null_count() else rows[name].sum() for name in counts}
    what = {"model": model, "task": task, "estimated": rows["estimated"].any()}
    return pl.DataFrame([dict.fromkeys(EXPECTED) | sums | what], schema=EXPECTED)


def in_words(rows: pl.DataFrame) -> str:
    """Return the dollars of each model and of all, a line each."""
    several = rows["model"].n_unique() > 1
    last = [_added(rows, TOTAL, TOTAL)] if several else []
    added = [_added(of_model, str(model), TOTAL) for (model,), of_model in rows.group_by("model", maintain_order=True)]
    return "\n".join(_line(row) for frame in [*added, *last] for row in frame.iter_rows(named=True))


def _line(row: Mapping[str, Any]) -> str:
    dollars = (
        "no prices, so unknown dollars"
        if row["usd"] is None
        else f"{row['usd']:,.2f} dollars, {row['usd_batch']:,.2f} in batches"
    )
    marked = ", by the number of images alone" if row["estimated"] else ""
    return f"{row['model']}: {row['requests']:,} requests about {row['images']:,} images, {dollars}{marked}"


def expected(
    requests: Iterable[Request],
    estimate: Estimate,
    image_size: Callable[[ImagePart], Size],
    prices: Prices | None,
    *,
    repeated_alone: bool = False,
) -> dict[str, int | float | None]:
    """Estimate counts, tokens and dollars of requests, for results/cost.csv.

    All requests share the prefix before the first image.

    Args:
        requests: the requests of one model and task.
        estimate: how their tokens are estimated.
        image_size: returns the width and height of an image in pixels.
        prices: None if unknown; all dollars are None then.
        repeated_alone: whether an image that an answer about several lacks is asked about again alone.
    """
    share = estimate.repeated_alone if repeated_alone else 0.0
    asked = images = 0
    input_tokens = cached = repeated = 0.0
    for request in requests:
        for sent, times in _times_sent(request, share):
            input_tokens += times * estimate.input_tokens(sent, image_size)
            # The first request fills the cache and takes nothing from it.
            cached += times * estimate.cached_tokens(sent) if asked else 0
            repeated += times if sent is not request else 0
        asked += 1
        images += len(request.image_ids)
    reasoning = (asked + repeated) * estimate.reasoning_tokens_per_request
    output_tokens = (images + repeated) * estimate.output_tokens_per_image + reasoning
    usage = Usage(round(input_tokens), round(output_tokens), round(cached), round(reasoning))
    return {
        "requests": asked + round(repeated),
        "images": images,
        **_columns(usage),
        **_usd(usage, prices),
    }


def _columns(usage: Usage) -> dict[str, int]:
    return {
        "input_tokens": usage.input_tokens,
        "cached_input_tokens": usage.cached_tokens,
        "output_tokens": usage.output_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
    }


def _usd(usage: Usage, prices: Prices | None) -> dict[str, float | None]:
    if prices is None:
        return dict.fromkeys(name for name in EXPECTED if name.startswith("usd"))
    uncached = replace(usage, cached_tokens=0)
    return {
        "usd": round(prices.usd(uncached, batched=False), 4),
        "usd_prefix_caching": round(prices.usd(usage, batched=False), 4),
        "usd_batch": round(prices.usd(uncached, batched=True), 4),
        "usd_batch_prefix_caching": round(prices.usd(usage, batched=True), 4),
    }


def _times_sent(request: Request, repeated_alone: float) -> Iterator[tuple[Request, float]]:
    """Yield each request that may be sent, and how often.

    The request itself is sent once. A request about each of its images alone is sent for the share of images that an
    answer lacks, unless the request has only one image.
    """
    yield request, 1.0
    if repeated_alone and len(request.image_ids) > 1:
        for position in range(1, len(request.image_ids) + 1):
            yield request.alone(position), repeated_alone
