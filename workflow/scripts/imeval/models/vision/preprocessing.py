"""Preprocessing of images: what all vision models share."""

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from imeval.base import machine

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image

_LONGEST = 100
"""Sides of the most elongated image that is resized whole, as the multiple of the short side."""


def log(facts: str, given: Mapping[str, object], otherwise: str) -> None:
    """Log how images are preprocessed, and note it for the provenance.

        Preprocessing as the model was trained, but for image_size: 512 x 512 pixels, squash, bicubic

    Args:
        facts: size, crop and interpolation in words.
        given: settings of the model; those that are not None were given.
        otherwise: where everything else comes from, such as "as the model was trained".
    """
    named = ", ".join(name for name, value in given.items() if value is not None)
    line = f"{otherwise}, but for {named}: {facts}" if named else f"{otherwise}: {facts}"
    machine.note_preprocessing(line)
    logging.info("Preprocessing %s", line)


def cropping(transform: "Callable[[Image], torch.Tensor]") -> "Callable[[Image], torch.Tensor]":
    """Return a transform that crops the centre, for images of any shape.

    A picture of 60,000 x 10 pixels would have 1.5 million columns after the resize, of which the crop takes few. The
    ends of such a picture are cut off before.
    """

    def prepared(image: "Image") -> "torch.Tensor":
        longest = _LONGEST * min(image.size)
        if max(image.size) > longest:
            width, height = (min(side, longest) for side in image.size)
            left, top = (image.width - width) // 2, (image.height - height) // 2
            image = image.crop((left, top, left + width, top + height))
        return transform(image)

    return prepared
