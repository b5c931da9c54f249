"""A figure's sources, declared in its module for planning."""

from dataclasses import dataclass
from typing import Literal

Source = Literal["agreement", "confusions"]


@dataclass(frozen=True)
class Sources:
    """The results behind a figure, which planning reads without importing it.

    Attributes:
        files: the results that the figure reads: the agreement of the models of Table 3, or the confusion matrix
            behind the distractors of multiple choice.
    """

    files: tuple[Source, ...]
