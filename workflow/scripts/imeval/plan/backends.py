"""The backends of models, and what planning must know of each."""

BACKENDS = frozenset({"timm", "conse", "dinotxt", "knn", "open_clip", "openai", "served", "socratic", "transformers"})
"""The backends of models that this version can run."""

OWN_ENCODERS = frozenset({"dinotxt", "open_clip"})
"""The backends of models that embed class names themselves, in the space of their images."""
