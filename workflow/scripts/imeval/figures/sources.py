"""The sources of a figure.

Planning must know them. They are declared in the figure's module.
"""

from dataclasses import dataclass
from typing import Literal

Source = Literal["agreement", "confusions"]


@dataclass(frozen=True)
class Sources:
    """The results behind a figure.

    Planning reads them from the figure's module without importing it.

    Attributes:
        files: the results that the figure reads: the agreement of the models of Table 3, or the confusion matrix
            behind the distractors of multiple choice.
    """

    files: tuple[Source, ...]
