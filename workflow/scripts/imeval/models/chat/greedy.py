"""Greedy decoding without a checkpoint's own generation settings."""

import logging
from typing import Any

from transformers import GenerationConfig

from imeval.models.chat.settings import Settings

_NEUTRAL: dict[str, Any] = {
    "repetition_penalty": 1.0,
    "encoder_repetition_penalty": 1.0,
    "no_repeat_ngram_size": 0,
    "encoder_no_repeat_ngram_size": 0,
    "min_length": 0,
    "min_new_tokens": None,
    "exponential_decay_length_penalty": None,
    "sequence_bias": None,
    "guidance_scale": None,
    "num_beams": 1,
    "penalty_alpha": None,
}
"""Settings that change greedy decoding, with their values that change nothing.

The tokens that a model must never write (`bad_words_ids`, `suppress_tokens`), such as those of images, stay.
"""

_SAMPLING = ("temperature", "top_p", "top_k")


def switched_off(settings: Settings) -> dict[str, Any]:
    """Return the checkpoint's settings that decoding leaves out.

    For example {"repetition_penalty": 1.05}. They are read without the weights.
    """
    if settings.checkpoint_decoding:
        return {}
    try:
        own = GenerationConfig.from_pretrained(settings.weights, revision=settings.revision)
    except OSError:
        # Without such a file the library's neutral defaults hold.
        return {}
    return _not_neutral(own)


def log_switched_off(settings: Settings) -> None:
    """Name the checkpoint's settings that decoding leaves out."""
    if off := switched_off(settings):
        listed = ", ".join(f"{name} {value}" for name, value in off.items())
        logging.info("Generation settings of the checkpoint that are switched off: %s", listed)


def use_greedy(model: Any, settings: Settings) -> None:
    """Make a loaded model decode greedily.

    Its generation settings change in place.
    """
    own = model.generation_config
    off = {} if settings.checkpoint_decoding else _not_neutral(own)
    # A checkpoint's settings for sampling have no effect here, but would cause warnings.
    own.update(do_sample=False, **dict.fromkeys(_SAMPLING), **{name: _NEUTRAL[name] for name in off})


def _not_neutral(own: GenerationConfig) -> dict[str, Any]:
    given = {name: getattr(own, name, None) for name in _NEUTRAL}
    return {name: value for name, value in given.items() if value is not None and value != _NEUTRAL[name]}
