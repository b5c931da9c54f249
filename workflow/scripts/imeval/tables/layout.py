"""The facts of a table's layout that planning must know, declared in the layout's module."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Layout:
    """What planning knows of a layout; it reads the facts from the module without importing it.

    Attributes:
        models: whose rows the table has: "none", multimodal LLMs alone ("mllm"), or models of every group ("all"),
            or all but those of the group labels ("no labels").
        every_task: whether a model has rows only if it does all of the table's tasks.
        empty: whether the table is as meaningful when no model has a row.
        best_task: whether each model is shown by its best task alone.
        ranks: whether the table prints intervals of ranks.
        compares: whether the table lists the paired comparisons of another table's rows.
        breakdown: the folder below results/breakdowns whose metrics it prints, None for those of results/metrics alone.
    """

    models: Literal["none", "mllm", "all", "no labels"]
    every_task: bool = False
    empty: bool = False
    best_task: bool = False
    ranks: bool = False
    compares: bool = False
    breakdown: Literal["mapping", "kinds", "positions", "recall"] | None = None
