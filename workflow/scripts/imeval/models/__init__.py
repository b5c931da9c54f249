"""The models, each behind the interface of its kind; a backend's libraries are imported only when it is used.

A backend is one module with a frozen dataclass `Settings` of plain values and, by its kind:

* classifier: `load(settings)`, then `.classify(images) -> Outputs`
* image encoder: `embed(…) -> ImageEmbeddings`, in the space of a text encoder's class embeddings
* text encoder: `load(settings)`, an `imeval.models.embeddings.TextEncoder`
* chat: `load(settings)`, an `imeval.models.chat.Chat`
"""

from importlib import import_module
from types import ModuleType
from typing import Literal

from imeval.errors import did_you_mean, mistake

Kind = Literal["classifier", "image encoder", "text encoder", "chat"]

_BACKENDS: dict[Kind, dict[str, str]] = {
    "classifier": {"timm": "imeval.models.timm_classifier"},
    "image encoder": {"conse": "imeval.models.conse"},
    "text encoder": {"sentence_transformers": "imeval.models.text_encoder"},
    "chat": {"openai": "imeval.models.openai_chat", "socratic": "imeval.models.socratic"},
}

BACKENDS = frozenset(name for kind, known in _BACKENDS.items() if kind != "text encoder" for name in known)
"""The backends of models that this version can run."""


def backend(name: str, kind: Kind) -> ModuleType:
    """Import the module of a backend of this kind.

    Raises:
        UserError: no such backend of this kind.
    """
    known = _BACKENDS[kind]
    if name not in known:
        raise mistake("models", "backend", f"a backend of the kind {kind}", f"'{name}'", did_you_mean(name, known))
    return import_module(known[name])
