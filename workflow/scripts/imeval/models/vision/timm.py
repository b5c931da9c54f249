"""Supervised classifiers of timm."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

import polars as pl
import torch
from annotated_types import Interval

from imeval.base.errors import mistake
from imeval.labels.classes import CLASSES
from imeval.models.contract import Outputs
from imeval.models.facts import Backend
from imeval.models.outputs import top_classes
from imeval.models.vision import timm_model

BACKEND = Backend(
    rules=("classify",),
    hub_settings=("config.json",),
    hub_weights=("model.safetensors", "open_clip_model.safetensors"),
)


@dataclass(frozen=True)
class Settings(timm_model.Settings):
    """A supervised classifier of timm."""

    top_k: Annotated[int, Interval(ge=1, le=1000)] = 20
    """The number of classes kept of each image."""


class Classifier(timm_model.TimmModel):
    """A timm classifier with its weights loaded."""

    def __init__(self, settings: Settings, classes: Sequence[int] | None = None) -> None:
        super().__init__(settings)
        self._classes = None if classes is None else torch.tensor(classes)
        self._top_k = settings.top_k
        if self.num_classes != CLASSES:
            remedy = "take a model fine-tuned on ImageNet-1k"
            raise mistake(settings.weights, "classes", f"the {CLASSES} of ImageNet-1k", self.num_classes, remedy)

    def classify(self, frames: Iterable[pl.DataFrame]) -> pl.DataFrame:
        """Return an Outputs frame of softmax scores, in the images' order."""
        outputs = [
            top_classes(image_ids, torch.softmax(self._of_classes(logits), dim=1).cpu().numpy(), self._top_k)
            for image_ids, logits in self.run(frames)
        ]
        return pl.concat([Outputs.create_empty(), *outputs])

    def _of_classes(self, logits: torch.Tensor) -> torch.Tensor:
        return logits if self._classes is None else logits[:, self._classes.to(logits.device)]


def load(settings: Settings, classes: Sequence[int] | None = None) -> Classifier:
    """Create the architecture and load its weights.

    Args:
        settings: the classifier's.
        classes: the classes of ImageNet-1k among which it chooses, which are the class ids 0, 1 and so on of its
            outputs; all if None.

    Raises:
        UserError: the architecture is unknown, the weights are missing or belong to another one, or the model does not
            have the 1000 classes.
    """
    return Classifier(settings, classes)
