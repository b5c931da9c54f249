"""The models, each behind the interface of its kind; a backend's libraries are imported only when it is used.

A backend is one module with a frozen dataclass `Settings` of plain values and, by its kind:

* classifier: `load(settings)`, then `.classify(images) -> Outputs`
* image encoder: `load(settings)`, then `.embed_images(images)`, which yields ImageEmbeddings; ConSE needs no
  weights, and embeds a classifier's outputs
* text encoder: `load(settings)`, an `imeval.models.embeddings.TextEncoder`
* chat: `load(settings)`, an `imeval.models.chat.Chat`; one whose logits are here takes an AnswerSet besides
"""

from importlib import import_module
from types import ModuleType
from typing import Literal

from imeval.errors import did_you_mean, mistake

Kind = Literal["classifier", "image encoder", "text encoder", "chat"]

MODULES: dict[Kind, dict[str, str]] = {
    "classifier": {"timm": "models.timm_classifier"},
    "image encoder": {
        "conse": "models.conse",
        "dinotxt": "models.dinotxt",
        "knn": "models.timm_features",
        "open_clip": "models.open_clip_model",
    },
    "text encoder": {
        "dinotxt": "models.dinotxt",
        "open_clip": "models.open_clip_model",
        "sentence_transformers": "models.text_encoder",
    },
    "chat": {
        "openai": "models.openai_chat",
        "served": "models.served_chat",
        "socratic": "models.socratic",
        "transformers": "models.transformers_chat",
    },
}
"""Below imeval, the module of every backend of each kind."""

BACKENDS = frozenset(name for kind, known in MODULES.items() if kind != "text encoder" for name in known)
"""The backends of models that this version can run."""

OWN_ENCODERS = frozenset({"dinotxt", "open_clip"})
"""The backends of models that embed class names themselves, in the space of their images."""


def backend(name: str, kind: Kind) -> ModuleType:
    """Import the module of a backend of this kind.

    Raises:
        UserError: no such backend of this kind.
    """
    known = MODULES[kind]
    if name not in known:
        raise mistake("models", "backend", f"a backend of the kind {kind}", f"'{name}'", did_you_mean(name, known))
    return import_module(f"imeval.{known[name]}")
