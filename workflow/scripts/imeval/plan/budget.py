"""What a run will take: gigabytes to download, GPU hours and dollars."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from imeval.asking import estimate
from imeval.asking.exchange import Request
from imeval.asking.prices import prices_of
from imeval.asking.prompts import read_question, task_prompt
from imeval.asking.requests import Asking, choice_requests, requests_about
from imeval.asking.tokens import Estimate, Usage
from imeval.labels import class_lists
from imeval.labels.classes import renamed
from imeval.models.api.openai_api import Settings


@dataclass(frozen=True)
class Budget:
    """What the estimates are made from.

    Attributes:
        images: the number of images by image set, estimated from the configuration.
        weights_gb: the gigabytes of weights that are not fetched, by repository.
        packages: how many packages are not fetched.
        gpu_jobs: `image_set` and the GPU `hours` of one of its images, of each model and task.
        asked: how APIs are asked, of each model and task.
    """

    images: Mapping[str, int]
    weights_gb: Mapping[str, float]
    packages: int
    gpu_jobs: Sequence[Mapping[str, Any]]
    asked: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class _Cost:
    """The images and dollars of one full request."""

    images: int
    usd: float | None
    usd_in_batches: float | None


def estimates(budget: Budget, counted: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Yield what is still to be downloaded, computed and paid for.

    Args:
        budget: what the estimates are made from.
        counted: the number of images of the image sets whose pictures are there.
    """
    images = {**budget.images, **counted}
    weights = sum(budget.weights_gb.values())
    yield "to download", f"{weights:,.1f} GB of weights, by their number of parameters; packages: {budget.packages}"
    hours = sum(job["hours"] * images[job["image_set"]] for job in budget.gpu_jobs)
    yield "GPU time", f"at most {hours:,.1f} hours of one GPU, at half of its speed (docs/cluster.md)"
    if budget.asked:
        yield "dollars", _dollars(budget.asked, images)


def _dollars(asked: Sequence[Mapping[str, Any]], images: Mapping[str, int]) -> str:
    usd = in_batches = 0.0
    unknown = False
    for one in asked:
        cost = _of_one_request(one)
        requests = (1 - one["made"]) * images[one["image_set"]] * one["runs"] / cost.images
        unknown |= cost.usd is None
        usd += requests * (cost.usd or 0.0)
        in_batches += requests * (cost.usd_in_batches or 0.0)
    more = "; some models have no prices" if unknown else ""
    return (
        f"{usd:,.2f} for the answers that are not there yet, {in_batches:,.2f} in batches; see results/cost.csv{more}"
    )


def dollars_for(asked: Mapping[str, Any], images: float) -> float | None:
    """Estimate the dollars of asking about images.

    They are None if the prices are unknown.
    """
    cost = _of_one_request(asked)
    return None if cost.usd is None else cost.usd * images / cost.images


def _of_one_request(asked: Mapping[str, Any]) -> _Cost:
    """Return what one full request of a model and task costs."""
    settings = Settings(**asked["chat"])
    asking = Asking(**asked["asking"])
    names = renamed(class_lists.read_class_list(asked.get("class_list")).names, asked["names"])
    count = 1 if asked["question"] else asking.images_per_request
    pictures = pl.DataFrame({"image_id": [str(n) for n in range(count)], "sha256": "0" * 64, "data": b""})
    requests: Iterator[Request]
    if asked["question"]:
        choices = pl.DataFrame([("0", 0, [0, 1, 2, 3])], ["image_id", "run", "options"], orient="row")
        requests = choice_requests("", [pictures], choices, read_question(asked["prompt"]), names)
    else:
        prompt = task_prompt(asked["prompt"], asked["json_answer"], asking.prompt, names[: asked.get("listed")])
        requests = requests_about("", [pictures], prompt, asking.images_per_request)
    expected = estimate.expected(requests, Estimate(**settings.estimate), lambda image: estimate.PICTURE, None)
    usage = Usage(int(expected["input_tokens"] or 0), int(expected["output_tokens"] or 0), 0)
    prices = prices_of(settings.prices)
    return _Cost(count, *(prices.usd(usage, batched=batched) if prices else None for batched in (False, True)))
