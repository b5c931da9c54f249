"""The facts of a backend that planning must know, declared in the backend's module."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Backend:
    """What planning knows of a backend; it reads the facts from the module without importing it.

    Attributes:
        rules: the rules that run it, such as ("classify",) or ("encode_images", "zero_shot").
        embeds_class_names: whether the model embeds class names itself, in the space of its images.
        over_http: whether its jobs ask a server, and need neither weights nor a GPU.
        paid: whether its answers may cost money.
        greedy: whether it decodes greedily in the job, which makes every run the same.
        one_image: whether it takes one image a request only.
        chooses: whether it can choose its answer among the class names (`cw_constrained`, `cw_likelihood`).
        hub_settings: patterns of the settings and tokenizers it loads from a repository of the model hub.
        hub_weights: patterns of its weights there, of which the first that fits is loaded; never of a pickle, which
            could run any code.
    """

    rules: tuple[str, ...]
    embeds_class_names: bool = False
    over_http: bool = False
    paid: bool = False
    greedy: bool = False
    one_image: bool = False
    chooses: bool = False
    hub_settings: tuple[str, ...] = ()
    hub_weights: tuple[str, ...] = ()
