"""The backends of models, and what planning must know of each."""

from imeval.models.backend import Backend
from imeval.plan import discovery

BACKENDS = discovery.backends()

NO_MODULE = Backend(rules=())
"""The facts of `imported` and `original_labels`, which run no model."""

OWN_ENCODERS = frozenset(name for name, backend in BACKENDS.items() if backend.embeds_class_names)
"""The backends of models that embed class names themselves, in the space of their images."""
