"""A model that was asked in words about the photographs of the small run, with all that it left behind."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import polars as pl
import small_run
from imeval.asking.contract import Responses
from imeval.asking.exchange import Request, Response
from imeval.asking.prompts import ImagePart, task_prompt
from imeval.base import parquet
from imeval.base.sealed import sealed
from imeval.labels.classes import class_names
from imeval.models.contract import ClassEmbeddings, TextEmbeddings
from imeval.viewer.browsed import AnswerFiles, Asked, Browsed
from imeval.viewer.pictures import Pictures

IDENTITY = json.dumps({"api_model": "talker"})
TEMPLATE = "Name it.\n{{ user_turn }}\n{{ image }} What is it?\n"
THOUGHT = "Is it a <hen>?"


def write(folder: Path) -> Browsed:
    """Write the small run with a third model: "talker" in the open world, asked about "a" alone."""
    (folder / "ow.jinja").write_text(TEMPLATE)
    asked = Asked(str(folder / "ow.jinja"), thought_tags=("think",))
    answers = {"talker": [small_run.prediction("a", small_run.HEN, "a hen")]}
    browsed = small_run.write(folder, {"good": small_run.GOOD, "odd": small_run.ODD})
    files = replace(
        _answers(folder, answers["talker"]),
        task="ow",
        responses={"regt": [_response(folder, browsed, asked)]},
        store=str(folder / "results/store/talker"),
        asked=asked,
        **_embedded(folder),
    )
    image_set = replace(browsed.image_sets[0], answers=[*browsed.image_sets[0].answers, files])
    return replace(browsed, image_sets=[image_set], task_titles={"cw": "CW", "ow": "OW"})


def _answers(folder: Path, rows: list[tuple[object, ...]]) -> AnswerFiles:
    by_embedding = [(*row[:5], "embedding", 0.6, True, True, False) for row in rows]
    return small_run.write_answers(folder / "results", "talker", by_embedding, small_run.labels()[:1])


def _response(folder: Path, browsed: Browsed, asked: Asked) -> str:
    facts = Pictures().facts(browsed.image_sets[0].shards, "a")
    messages = task_prompt(asked.prompt, None, None, class_names("clean")).about(
        ImagePart("a", str(facts["sha256"]), b"")
    )
    key = Request(IDENTITY, 0, messages).request_key
    kept = Response(key, "ok", text="a hen", stop_reason="stop", reasoning=THOUGHT, input_tokens=9, output_tokens=4)
    store = folder / "results/store/talker"
    store.mkdir(parents=True)
    other = sealed(asdict(replace(kept, request_key="0" * 64, text="a dog")))
    (store / "ow-00000-of-00001.jsonl").write_bytes(other + b"\n" + sealed(asdict(kept)) + b"\n")
    row = ("a", 0, key, 1, 1, "a hen", "ok", "stop", None, 1, 9, 4, None)
    path = folder / "results/responses/small/ow/talker/00000-of-00001.parquet"
    parquet.write(path, Responses, pl.DataFrame([row], schema=Responses.create_empty().schema, orient="row"))
    path.with_name("request.txt").write_text(f"model: {IDENTITY}\nphotographs: a\n\nName it. <b>What</b> is it?")
    return str(path)


def _embedded(folder: Path) -> dict[str, str]:
    names, paths = class_names("clean"), [str(folder / f"results/embeddings/{name}.parquet") for name in ("c", "t")]
    near = {small_run.HEN: [0.6, 0.8], small_run.ROOSTER: [0.8, 0.6]}
    vectors = [near.get(number, [0.0, -1.0]) for number in range(len(names))]
    classes = pl.DataFrame(
        {"class_id": range(len(names)), "name": names, "vector": vectors}, schema=ClassEmbeddings.create_empty().schema
    )
    texts = pl.DataFrame({"text": ["a hen"], "vector": [[0.0, 1.0]]}, schema=TextEmbeddings.create_empty().schema)
    parquet.write(paths[0], ClassEmbeddings, classes)
    parquet.write(paths[1], TextEmbeddings, texts)
    return {"classes": paths[0], "texts": paths[1]}
