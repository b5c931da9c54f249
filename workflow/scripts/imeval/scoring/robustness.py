"""Effective robustness: accuracy beyond what ImageNet accuracy predicts."""

import math
from collections.abc import Sequence
from statistics import linear_regression

FEWEST = 3
"""Through two points every line is exact."""


def effective_robustness(
    imagenet: Sequence[float | None], other: Sequence[float | None]
) -> Sequence[float | None] | None:
    """Return how far each accuracy lies above the line, as a share.

    The line is the least-squares fit of the logits of the accuracies on other images to those on ImageNet, over all
    these rows; the difference is that of the accuracies. A row with an accuracy of 0 or 1, whose logit is infinite, or
    without one, is no part of the line and has no value. With fewer than `FEWEST` rows, or if all have one accuracy on
    ImageNet, there is no line.

    Args:
        imagenet: the accuracy of each row on ImageNet, as a share.
        other: the same on the other images.
    """
    pairs = [_finite(*pair) for pair in zip(imagenet, other, strict=True)]
    points = [(_logit(x), _logit(y)) for x, y in filter(None, pairs)]
    if len(points) < FEWEST or len({x for x, _ in points}) == 1:
        return None
    slope, intercept = linear_regression(*zip(*points, strict=True))
    return [pair and pair[1] - _share(slope * _logit(pair[0]) + intercept) for pair in pairs]


def _finite(x: float | None, y: float | None) -> tuple[float, float] | None:
    """Return two accuracies whose logits are finite."""
    return (x, y) if x is not None and y is not None and 0 < x < 1 and 0 < y < 1 else None


def _logit(share: float) -> float:
    return math.log(share / (1 - share))


def _share(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))
