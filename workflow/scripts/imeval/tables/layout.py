"""The facts about a layout that planning needs."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Layout:
    """The facts about a layout that planning needs.

    They are read from the module's source without importing it, so every argument is a keyword with a literal value:

        LAYOUT = Layout(models="mllm", every_task=True, breakdown="positions")

    Attributes:
        models: the models that have rows: "none", only multimodal LLMs ("mllm"), all groups ("all"), or all groups
            except `labels` ("no labels"). There is no default, because a wrong one would silently drop models. A table
            for which the run has no such model is left out.
        every_task: whether a model needs all of the table's tasks to have rows.
        best_task: whether only the best task of each model is shown.
        resampled: whether bootstrap intervals stand beside the table's accuracies and changes.
        ranks: whether the table prints intervals of ranks too.
        compares: whether the table lists paired comparisons of the rows of another table, whose models it takes over.
        relabelled: whether it is about labels that differ from the original ones.
        sliced: whether its columns are the slices of the table; other layouts repeat their rows for each slice.
        side_by_side: whether it prints accuracies under the table's other label sets too.
        across: whether it prints accuracies on the table's other image sets too, under their original labels.
        breakdown: the folder below results/breakdowns whose metrics the table prints too.
    """

    models: Literal["none", "mllm", "all", "no labels"]
    every_task: bool = False
    best_task: bool = False
    resampled: bool = False
    ranks: bool = False
    compares: bool = False
    relabelled: bool = False
    sliced: bool = False
    side_by_side: bool = False
    across: bool = False
    breakdown: Literal["mapping", "kinds", "positions", "recall", "levels", "crops"] | None = None
