"""Compare embedding and mapping of answers with the encoder alone.

    python benchmarks/mapping.py <folder of a sentence-transformer> [--repeat …]

There are 31,250 answers with 3,000 distinct texts. The encoder alone is `SentenceTransformer.encode`, as its
documentation has it, for the distinct texts. Ours is everything from the responses and class embeddings to the
predictions. Both run in turn several times.
"""

import argparse
import random
import sys
from pathlib import Path

import polars as pl
import torch
from measuring import Result, in_turns, note
from sentence_transformers import SentenceTransformer

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

from imeval.asking.contract import Responses
from imeval.labels.classes import class_names, prompt_templates
from imeval.mapping.answers import map_responses, texts_to_embed
from imeval.models import text_embedding
from imeval.models.text import sentence_transformers

DISTINCT, BATCH = 3_000, 64


def answers(names: tuple[str, ...], count: int) -> pl.DataFrame:
    chooser = random.Random(0)
    texts = set(names)
    while len(texts) < DISTINCT:
        texts.add(f"{chooser.choice(names)} {chooser.choice(['with', 'beside', 'or', 'on'])} {chooser.choice(names)}")
    distinct = sorted(texts)
    texts_of_answers = distinct[:count] + chooser.choices(distinct, k=max(0, count - len(distinct)))
    rows = [
        {"image_id": f"{number:05d}", "run": 0, "request_key": "k", "position": 1, "images_in_request": 1, "text": text}
        | {"status": "ok"}
        for number, text in enumerate(texts_of_answers)
    ]
    return pl.DataFrame(rows, schema=Responses.create_empty().schema)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("encoder", type=Path)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--answers", type=int, default=31_250)
    options = parser.parse_args()

    names, templates = class_names("clean"), prompt_templates("none")
    settings = sentence_transformers.Settings(
        str(options.encoder), device="cpu", threads=options.threads, batch_size=BATCH
    )
    encoder = sentence_transformers.load(settings)
    bare = SentenceTransformer(str(options.encoder), device="cpu")
    torch.set_num_threads(options.threads)
    responses = answers(names, options.answers)
    classes = text_embedding.class_embeddings(encoder, names, templates)
    distinct = responses["text"].unique(maintain_order=True).to_list()

    def mapped() -> tuple[int, int]:
        texts = texts_to_embed(responses, names, "embedding")
        vectors = text_embedding.text_embeddings(encoder, texts, templates)
        return len(map_responses(responses, names, classes, vectors, "embedding")), len(texts)

    def encoded() -> int:
        return len(bare.encode(distinct, batch_size=BATCH, show_progress_bar=False))

    turns = in_turns(mapped, encoded, lambda found, texts: found == (options.answers, texts), options.repeat)
    work = f"{options.answers:,} answers embedded and mapped"
    note(Result(work, "s of processor", turns.ours, "encoder alone", turns.theirs, "at most 1.15", turns.ratio))


if __name__ == "__main__":
    main()
