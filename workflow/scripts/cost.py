"""Estimate what APIs will still cost."""

import hashlib
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import polars as pl
from imeval.asking import estimate
from imeval.asking.exchange import Request
from imeval.asking.nearest import NearestNames, nearest_classes, requests_among_nearest
from imeval.asking.prices import prices_of
from imeval.asking.prompts import ImagePart, prompt_of_names, read_question
from imeval.asking.requests import Asking, choice_requests, in_order, requests_about
from imeval.asking.store import kept
from imeval.asking.tokens import Estimate, Size
from imeval.base import parquet
from imeval.base.files import replacing
from imeval.base.progress import each
from imeval.choices.contract import Choices
from imeval.images.contract import ImageListing, Images
from imeval.labels import class_lists
from imeval.labels.classes import renamed
from imeval.models.api import openai
from imeval.models.contract import Outputs
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(*, asked: Sequence[Mapping[str, Any]], table: str) -> None:
    """Write the expected cost of each model and task.

    What the store has already costs nothing. The cost is computed from the sizes of the photographs, or where they are
    not read yet, from their number; nothing is asked.
    """
    answered: dict[str, set[str]] = {}
    listed = [
        {key: one[key] for key in estimate.WHAT} | _expected(one, answered) | {"estimated": _is_made_up(one)}
        for one in each(asked, "models and tasks")
    ]
    rows = pl.DataFrame(listed, schema=estimate.EXPECTED)
    with replacing(table) as partial:
        estimate.with_totals(rows).write_csv(partial)
    print(estimate.in_words(rows) or "No model behind an API is asked.", flush=True)


def _expected(asked: Mapping[str, Any], answered: dict[str, set[str]]) -> dict[str, int | float | None]:
    settings = openai.Settings(**asked["chat"])
    if settings.store not in answered:
        answered[settings.store] = set(kept(settings.store))
    listed = _listed(*asked["images"]) if "images" in asked else _unread(asked)
    sizes = {image_id: size for image_id, *size in listed.select("image_id", "width", "height").iter_rows()}

    def size_of(image: ImagePart) -> Size:
        width, height = sizes[image.image_id]
        return width, height

    asking = Asking(**asked.get("asking", {}))
    requests = _requests(asked, asking, openai.load(settings).identity, listed.with_columns(data=pl.lit(b"")))
    prices = prices_of(settings.prices)
    alone = asking.answer_format == "json" and asking.max_retries_alone > 0
    lacking = _lacking(requests, answered[settings.store])
    return estimate.expected(lacking, Estimate(**settings.estimate), size_of, prices, repeated_alone=alone)


@cache
def _listed(*images: str) -> pl.DataFrame:
    return parquet.read_all(images, Images, ["image_id", "imgt", "sha256", "width", "height"])


def _unread(asked: Mapping[str, Any]) -> pl.DataFrame:
    """Return images whose pictures are not read yet.

    Their sizes and hashes are made up. Image sets of one source share the images of one name.
    """
    if "listing" in asked:
        images = parquet.read(asked["listing"], ImageListing).filter("selected").select("image_id", "imgt")
    else:
        # Images of one class are side by side in one order (Table 11) and not in the other.
        images = pl.DataFrame({"imgt": range(asked["count"])}).with_columns(image_id=pl.col("imgt").cast(pl.String))
    hashes = [hashlib.sha256(f"{asked['source']}/{name}".encode()).hexdigest() for name in images["image_id"]]
    width, height = estimate.PICTURE
    return images.with_columns(pl.Series("sha256", hashes, pl.String), width=width, height=height)


def _is_made_up(asked: Mapping[str, Any]) -> bool:
    """Return whether no more than the number of requests is known."""
    lacks_questions = asked["labels"] is not None and "choices" not in asked
    return "images" not in asked or lacks_questions or ("listed" in asked and "nearest" not in asked)


def _requests(asked: Mapping[str, Any], asking: Asking, model: str, images: pl.DataFrame) -> Iterable[Request]:
    names = renamed(class_lists.of_job(asked.get("class_list", [])).names, asked["names"])
    if asked["labels"] is not None:
        choices = parquet.read(asked["choices"], Choices) if "choices" in asked else _made_up(asked, images, len(names))
        return choice_requests(model, [images], choices, read_question(asked["prompt"]), names)
    template = prompt_of_names(asked["prompt"], asked.get("json_answer"), asking.prompt)
    if "nearest" in asked:
        among = NearestNames(template, names, nearest_classes(parquet.read_all(asked["nearest"], Outputs)))
        return requests_among_nearest(model, [images], among, asked["runs"])
    prompt = template(names[: asked.get("listed")])
    if asking.images_per_request > 1:
        ordered = pl.DataFrame({"image_id": in_order(images, asking.order, asking.order_seed)})
        images = ordered.join(images, on="image_id", how="left", maintain_order="left")
    return requests_about(model, [images], prompt, asking.images_per_request, asked["runs"])


def _made_up(asked: Mapping[str, Any], images: pl.DataFrame, classes: int) -> pl.DataFrame:
    """Return questions with any classes as options, other ones in each task.

    Two tasks must not seem to ask the same.
    """
    rows = []
    for image_id in images["image_id"]:
        for run in range(asked["runs"]):
            first = zlib.crc32(f"{asked['task']}/{image_id}/{run}".encode())
            rows.append((image_id, run, [(first + place) % classes for place in range(asked["options"])]))
    return pl.DataFrame(rows, ["image_id", "run", "options"], orient="row")


def _lacking(requests: Iterable[Request], answered: set[str]) -> Iterator[Request]:
    """Yield the requests without a response, each once.

    Two tasks may have requests in common.
    """
    for request in requests:
        if request.request_key not in answered:
            answered.add(request.request_key)
            yield request


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(asked=snakemake.params.asked, table=snakemake.output[0])
