"""The backends of models and text encoders: their facts and keys."""

from functools import cache
from typing import Any

from imeval import models
from imeval.models.facts import Backend
from imeval.plan import discovery, settings
from imeval.plan.settings import Key

WITHOUT_A_MODULE = {
    "imported": Backend(rules=("import_responses", "import_predictions")),
    "original_labels": Backend(rules=("predict_original_labels",)),
}
"""The backends that run no model: their predictions come from files or labels."""

BACKENDS: dict[str, Backend] = {**discovery.backends(), **WITHOUT_A_MODULE}

CLASSIFYING = frozenset({"classify", "zero_shot", "nearest_neighbours"})
"""The rules whose outputs are classes with scores."""

LOOKING = ("classify", "encode_images")
"""The rules whose models look once at each image."""

_EMBEDS_TEXTS = {"embed_classes", "embed_answers"}

_CLASSES_WITHOUT_A_MODULE = {"imported": "Imported", "original_labels": "OriginalLabels"}

_ANSWERS_IN_WORDS = {"answer", "import_responses"}

_ASKED_TOGETHER = ("images_per_request", "order_seed", "answer_format", "json_instruction", "max_retries_alone")


def of_models() -> list[str]:
    """Return the backends that a model may have."""
    return sorted(name for name, facts in BACKENDS.items() if not _EMBEDS_TEXTS.issuperset(facts.rules))


def of_encoders() -> list[str]:
    """Return the backends that embed both class names and answers."""
    return sorted(name for name, facts in BACKENDS.items() if _EMBEDS_TEXTS.issubset(facts.rules))


def description(backend: str) -> str:
    """Return the docstring of a backend's settings."""
    return settings.described(*_class(backend))


@cache
def own_keys(backend: str) -> tuple[Key, ...]:
    """Return the backend's own keys; models compute from these and their weights."""
    return settings.read(*_class(backend))


@cache
def asking_keys() -> tuple[Key, ...]:
    """Return the keys of models and tasks that shape requests.

    No chat model sees them.
    """
    return settings.read("asking.requests", "Asking")


def asking_defaults() -> dict[str, Any]:
    """Return the default of each key of `asking_keys`, by name."""
    return {key.name: key.default for key in asking_keys()}


@cache
def voting_keys() -> tuple[Key, ...]:
    """Return the keys of the k-NN vote, which no embedding depends on."""
    return settings.read("models.vision.nearest_neighbours", "Settings")


@cache
def server_keys() -> tuple[Key, ...]:
    """Return the keys that start a server."""
    # The name of the model is that of its entry, and planning looks up where its weights are.
    looked_up = ("model", "weights", "revision")
    return tuple(key for key in settings.read("serving.servers", "Settings") if key.name not in looked_up)


@cache
def model_keys(backend: str) -> tuple[Key, ...]:
    """Return the keys of this backend's models.

    Planning, the backend itself and the rules that run it each have some.
    """
    facts = BACKENDS[backend]
    keys = [*settings.read("plan.model_keys", "Model"), *_weights(backend), *own_keys(backend)]
    for rule in facts.rules:
        # A backend describes a key better than the rule that passes it on, such as the arguments of a server.
        described = {key.name for key in keys}
        keys += [key for key in _keys_of_rule(rule) if key.name not in described]
    if "answer" in facts.rules:
        asked = (*(() if facts.one_image else _ASKED_TOGETHER), *(["prompt"] if facts.takes_prompt else []))
        keys += [key for key in asking_keys() if key.name in asked]
        keys += [] if facts.one_image else settings.read("plan.model_keys", "AskedTogether")
    if _ANSWERS_IN_WORDS.intersection(facts.rules) and "thought_tags" not in {key.name for key in keys}:
        keys += [key for key in asking_keys() if key.name == "thought_tags"]
    if facts.by_worker:
        keys += settings.read("plan.model_keys", "Working")
    if facts.over_http:
        keys += settings.read("plan.model_keys", "OverHttp")
    return tuple(keys)


@cache
def encoder_keys(backend: str) -> tuple[Key, ...]:
    """Return the keys of this backend's text encoders."""
    return (*settings.read("plan.model_keys", "Encoder"), *_weights(backend), *own_keys(backend))


def _class(backend: str) -> tuple[str, str]:
    module = models.module_name(backend)
    return (module, "Settings") if module else ("plan.model_keys", _CLASSES_WITHOUT_A_MODULE[backend])


def _weights(backend: str) -> tuple[Key, ...]:
    """Return the keys about weights, if the backend loads any."""
    has_weights = settings.declares(*_class(backend), "weights")
    return settings.read("plan.model_keys", "Weighted") if has_weights else ()


def _keys_of_rule(rule: str) -> tuple[Key, ...]:
    """Return the model keys that a rule takes."""
    match rule:
        case "zero_shot":
            return settings.read("plan.model_keys", "ZeroShot")
        case "embed_images":
            return settings.read("plan.model_keys", "Averaging")
        case "nearest_neighbours":
            return (*settings.read("plan.model_keys", "Neighbours"), *voting_keys())
        case "serve":
            return (*server_keys(), *settings.read("plan.model_keys", "Serving"))
        case "answer":
            return settings.read("plan.model_keys", "Answering")
    return ()
