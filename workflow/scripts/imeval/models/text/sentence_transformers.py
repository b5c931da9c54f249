"""Text encoders of sentence-transformers, such as SBERT and Qwen3-Embedding.

The paper's SBERT is all-MiniLM-L6-v2.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge
from sentence_transformers import SentenceTransformer

from imeval.base.progress import Progress
from imeval.base.vectors import Matrix
from imeval.models import checkpoints, compute
from imeval.models.facts import Backend

BACKEND = Backend(
    rules=("embed_classes", "embed_answers"),
    hub_settings=("*.json", "*.txt", "*.model", "*.jinja"),
    hub_weights=("*model*.safetensors",),
)


@dataclass(frozen=True)
class Settings(checkpoints.Settings):
    """A text encoder of sentence-transformers."""

    batch_size: Annotated[int, Ge(1)] = 64
    """The number of texts in one forward pass."""

    instruction: str | None = None
    """
    What stands before every text, class names and answers alike: `"Instruct: Name the object.\\nQuery: "` for example.
    The encoder's default if not given: most have none, and the log has it.
    """


class SentenceEncoder:
    """A text encoder with its weights loaded."""

    def __init__(self, settings: Settings) -> None:
        checkpoints.require(settings)
        self._batch_size = settings.batch_size
        self._instruction = settings.instruction
        self._model = SentenceTransformer(
            settings.weights,
            revision=settings.revision,
            device=str(compute.use(settings.device, settings.threads)),
            trust_remote_code=False,
            model_kwargs={"dtype": compute.dtype(settings.precision)},
        )
        if settings.instruction is None and (own := self._model.default_prompt_name):
            logging.info("The encoder puts its own instruction '%s' before every text", self._model.prompts[own])

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Matrix:
        """Return texts' vectors in order; (texts, dimensions), float32."""
        counted = progress or Progress("texts", len(texts))
        # The library makes the batches and reports no progress, so a hook counts the texts of each batch.
        counting = self._model[0].register_forward_hook(lambda _, inputs, __: counted.add(len(inputs[0]["input_ids"])))
        try:
            vectors = self._model.encode(
                list(texts), prompt=self._instruction, batch_size=self._batch_size, show_progress_bar=False
            )
        finally:
            counting.remove()
        return np.asarray(vectors, dtype=np.float32)


def load(settings: Settings) -> SentenceEncoder:
    """Load the weights.

    Raises:
        UserError: the folder does not exist.
    """
    return SentenceEncoder(settings)
