"""Estimate what asking the models behind an API would still cost; asks nothing."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl
from imeval import cost, schemas
from imeval.classes import class_names
from imeval.files import replacing
from imeval.joblog import job
from imeval.models import openai_chat
from imeval.prompts import ImagePart, task_prompt
from imeval.requests import Asking, in_order_asked, requests_about
from imeval.responses import kept

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(images: Sequence[str], subject: str, asked: Sequence[Mapping[str, Any]], table: str) -> None:
    """Estimate each model and task from the photographs' sizes, without what the store holds; write the table."""
    listed = schemas.read_all(images, schemas.Images, ["image_id", "imgt", "sha256", "width", "height"])
    rows = [
        {"images_of": subject, "model": one["model"], "task": one["task"], **_expected(listed, one)} for one in asked
    ]
    with replacing(table) as partial:
        pl.DataFrame(rows, schema=cost.EXPECTED).write_csv(partial)


def _expected(listed: pl.DataFrame, asked: Mapping[str, Any]) -> cost.Bill:
    settings = openai_chat.Settings(**asked["chat"])
    answered = kept(settings.store)
    asking = Asking(**asked["asking"])
    prompt = task_prompt(asked["prompt"], asked.get("json_answer"), asking.prompt, class_names("clean"))
    frames = in_order_asked([listed.with_columns(data=pl.lit(b""))], listed, asking)
    requests = requests_about(openai_chat.load(settings).identity, frames, prompt, asking.images_per_request)
    sizes = {image_id: size for image_id, *size in listed.select("image_id", "width", "height").iter_rows()}

    def size_of(image: ImagePart) -> cost.Size:
        width, height = sizes[image.image_id]
        return width, height

    lacking = (request for request in requests if request.request_key not in answered)
    prices = cost.Prices(**settings.prices) if settings.prices else None
    return cost.expected(lacking, cost.Estimate(**settings.estimate), size_of, prices)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(snakemake.input.images, snakemake.params.subject, snakemake.params.asked, snakemake.output[0])
