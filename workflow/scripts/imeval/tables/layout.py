"""The facts that a layout's module declares for planning."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Layout:
    """What planning knows of a layout.

    It is read from the module's source without importing it, so every argument is a keyword with a literal value:

        LAYOUT = Layout(models="mllm", every_task=True, breakdown="positions")

    Attributes:
        models: which of a table's models have rows: "none", multimodal LLMs alone ("mllm"), models of every group
            ("all"), or all but those of the group `labels`, which are no models ("no labels"). It has no default: a
            layout that does not name its models would lose some without a message.
        every_task: whether a model has rows only if it does all of the table's tasks.
        empty: whether the table is as meaningful when no model has a row.
        best_task: whether each model is shown by its best task alone.
        ranks: whether the table prints intervals of ranks.
        compares: whether the table lists the paired comparisons of another table's rows, whose models are then its own.
        breakdown: the folder below results/breakdowns whose metrics it prints besides those of results/metrics.
    """

    models: Literal["none", "mllm", "all", "no labels"]
    every_task: bool = False
    empty: bool = False
    best_task: bool = False
    ranks: bool = False
    compares: bool = False
    breakdown: Literal["mapping", "kinds", "positions", "recall"] | None = None
