"""The facts that backends declare, and marks of their settings.

Planning reads both from a module's source and never imports it: its libraries take seconds to load.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Backend:
    """The facts of a backend, each given as a literal.

    Attributes:
        rules: the rules that run it, such as ("classify",) or ("encode_images", "zero_shot"). They decide which keys a
            model with this backend takes beside its settings.
        embeds_class_names: whether the model embeds class names itself, in the space of its images.
        over_http: whether its jobs ask a server, and need neither weights nor a GPU.
        paid: whether its answers may cost money.
        greedy: whether it decodes greedily in the job; a repeated task is then run once.
        one_image: whether it takes only one image in a request.
        takes_prompt: whether `prompt` may replace the task's template, for a model that was trained on one prompt.
        by_worker: whether a worker may hold its weights for all jobs of a run (`load_once`).
        chooses: whether it can choose its answer among the class names (`cw_constrained`, `cw_likelihood`).
        hub_settings: patterns of the settings and tokenizers that it loads from a repository of the model hub.
        hub_weights: patterns of its weights there; the first that fits a file is loaded. Never a pickle, which could
            run any code.
    """

    rules: tuple[str, ...]
    embeds_class_names: bool = False
    over_http: bool = False
    paid: bool = False
    greedy: bool = False
    one_image: bool = False
    takes_prompt: bool = False
    chooses: bool = False
    by_worker: bool = False
    hub_settings: tuple[str, ...] = ()
    hub_weights: tuple[str, ...] = ()


SET_BY_THE_WORKFLOW = "set by the workflow"
"""Marks a setting that the workflow fills in, and that is therefore no key of the configuration."""


PART_IF_SET = "part of the identity if set"
"""Marks a setting that belongs to a model's identity only if it differs from its default.

Every setting that is newer than the first stores of answers has it, as these hold answers without it.
"""

LOCAL_PATH = "local path"
"""Marks a setting that is a local file or folder; `snakemake check` looks whether it exists."""


@dataclass(frozen=True)
class EntryOf:
    """The mark of a setting that names an entry of a registry.

    The configuration holds the name; the workflow may put the settings of the entry in its place.

    Attributes:
        registry: where the entry is.
        backend: the backend that the entry must have, None for any.
    """

    registry: Literal["models", "encoders", "image_sets", "tasks", "tables"]
    backend: str | None = None


@dataclass(frozen=True)
class KeysOf:
    """The mark of a mapping whose keys are a dataclass's fields."""

    settings: type


@dataclass(frozen=True)
class Keywords:
    """JSON Schema keywords added to a setting, such as {"uniqueItems": True}."""

    keywords: Mapping[str, Any]
