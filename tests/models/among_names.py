"""Tiny MLLMs that are asked about two photographs for one of some class names; and the same, plainly."""

import io
from pathlib import Path
from typing import Any

import tiny_checkpoints
import torch
from imeval.asking.chat import AnswerSet, Choice
from imeval.asking.exchange import Request
from imeval.asking.prompts import ImagePart, Message
from imeval.labels.classes import class_names
from imeval.models.chat import transformers
from imeval.models.chat.name_trie import name_tokens
from PIL import Image
from transformers import AutoModelForImageTextToText, AutoProcessor

# Of several tokens each; some begin with others.
NAMES = ("great white", "great whites", *[name for name in class_names("clean") if len(name) > 8][::12])
BEFORE = "You are an image classifier. Name the main subject: tench, goldfish, great white shark, hen. "
SIZES = [(64, 48), (40, 90)]
PHOTOGRAPHS = range(len(SIZES))


def photograph(number: int) -> bytes:
    return tiny_checkpoints.photograph(number, SIZES[number])


def requests() -> list[Request]:
    parts = [(BEFORE, ImagePart(f"{n}", f"sha{n}", photograph(n)), " Which one?") for n in PHOTOGRAPHS]
    return [Request("tiny", 0, (Message("user", messages),)) for messages in parts]


def chat(folder: Path, choice: Choice, names: tuple[str, ...] = NAMES) -> transformers.TransformersChat:
    settings = transformers.Settings(str(folder), device="cpu", threads=1, batch_size=len(SIZES))
    return transformers.load(settings, AnswerSet(names, choice))


class Plainly:
    """The model as transformers loads it, with names behind the whole prompt, in rows and without a cache."""

    def __init__(self, folder: Path) -> None:
        self._rendered = transformers.load(transformers.Settings(str(folder))).rendered
        self._processor = AutoProcessor.from_pretrained(folder)
        self._model = AutoModelForImageTextToText.from_pretrained(folder).eval()
        end = self._model.generation_config.eos_token_id
        self.names = [[*name, end] for name in name_tokens(self._processor.tokenizer, "", "", NAMES)]

    def scores(self, number: int, rows: list[list[int]]) -> torch.Tensor:
        """Return the log-probabilities after the prompt and after each token of some rows; (rows, tokens + 1, all)."""
        inputs = self._inputs(number)
        behind = torch.nn.utils.rnn.pad_sequence([torch.tensor(row, dtype=torch.long) for row in rows], True)
        repeated = {key: value.repeat(len(rows), *[1] * (value.dim() - 1)) for key, value in inputs.items()}
        # PaliGemma reads an answer, of type 1, from left to right, and what is before in both directions.
        kinds = {"input_ids": behind, "attention_mask": behind * 0 + 1, "token_type_ids": behind * 0 + 1}
        kinds |= {"mm_token_type_ids": behind * 0}
        whole = {key: torch.cat([value, kinds[key]], 1) if key in kinds else value for key, value in repeated.items()}
        with torch.inference_mode():
            return self._model(**whole).logits[:, inputs["input_ids"].shape[1] - 1 :].log_softmax(dim=-1)

    def _inputs(self, number: int) -> dict[str, Any]:
        text = self._rendered(requests()[number].messages)
        pictures = [[Image.open(io.BytesIO(photograph(number)))]]
        inputs = self._processor(text=[text], images=pictures, return_tensors="pt")
        return {key: value for key, value in inputs.items() if key != "labels"}
