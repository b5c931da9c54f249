"""k-NN classification (DINOv3's protocol): the classes of the nearest images of a gallery vote."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
import torch

from imeval.base.vectors import as_matrix
from imeval.models import compute
from imeval.models.contract import Outputs

_QUERIES_AT_ONCE = 1024

Vote = Literal["majority", "similarity"]


@dataclass(frozen=True)
class Settings:
    """How many neighbours vote, and with which weight: `majority` one each, `similarity` exp(cosine / temperature)."""

    neighbours: int = 11
    vote: Vote = "majority"
    temperature: float = 0.07
    device: compute.Device = "auto"
    threads: int = 2


def classify(
    settings: Settings, images: pl.DataFrame, gallery: Iterable[pl.DataFrame], imgt: pl.DataFrame
) -> pl.DataFrame:
    """Return an Outputs frame: the classes of each image's neighbours, scored by their share of the vote, best first.

    The search is exact, a shard of the gallery and a block of images at a time, on a GPU where there is one. Of equal
    votes the class of the nearest neighbour is taken first.

    Args:
        settings: how many neighbours, and how they vote.
        images: an ImageEmbeddings frame, in the order of the outputs.
        gallery: ImageEmbeddings frames of all shards of the gallery.
        imgt: the gallery's images with their original label: image_id, imgt.
    """
    if images.is_empty():
        return Outputs.create_empty()
    device = compute.use(settings.device, settings.threads)
    queries = torch.tensor(as_matrix(images["vector"]))
    similarities = torch.empty(len(images), 0)
    classes = torch.empty(len(images), 0, dtype=torch.int64)
    for shard in filter(len, gallery):
        labelled = shard.join(imgt, on="image_id", how="left", maintain_order="left")
        found = _nearest(queries, labelled, settings.neighbours, device)
        similarities, classes = _merged(settings.neighbours, (similarities, classes), found)
    voted = [_vote(*row, settings) for row in zip(similarities.numpy(), classes.numpy(), strict=True)]
    return pl.DataFrame(
        {
            "image_id": images["image_id"],
            "class_ids": pl.Series([ids for ids, _ in voted], dtype=pl.List(pl.Int16)),
            "scores": pl.Series([scores for _, scores in voted], dtype=pl.List(pl.Float32)),
        }
    )


def _nearest(
    queries: torch.Tensor, shard: pl.DataFrame, neighbours: int, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the cosines and classes of each query's nearest images of a shard, the nearest first."""
    vectors = torch.tensor(as_matrix(shard["vector"]), device=device)
    classes = torch.tensor(shard["imgt"].to_list(), device=device)
    most = min(neighbours, len(shard))
    found = [(block.to(device) @ vectors.T).topk(most) for block in queries.split(_QUERIES_AT_ONCE)]
    similarities = torch.cat([best.values for best in found])
    return similarities.cpu(), classes[torch.cat([best.indices for best in found])].cpu()


def _merged(
    neighbours: int, before: tuple[torch.Tensor, torch.Tensor], new: tuple[torch.Tensor, torch.Tensor]
) -> tuple[torch.Tensor, torch.Tensor]:
    similarities, classes = (torch.cat(pair, dim=1) for pair in zip(before, new, strict=True))
    best = similarities.sort(dim=1, descending=True, stable=True)
    order = best.indices[:, :neighbours]
    return similarities.gather(1, order), classes.gather(1, order)


def _vote(similarities: np.ndarray, classes: np.ndarray, settings: Settings) -> tuple[list[int], list[float]]:
    """Return the classes of one image's neighbours, given the nearest first, and their shares of the vote."""
    similarity = settings.vote == "similarity"
    weights = np.exp((similarities - similarities[0]) / settings.temperature) if similarity else np.ones(len(classes))
    # dict keeps the order of the nearest, and the sort that of equal votes.
    votes = {int(number): float(weights[classes == number].sum() / weights.sum()) for number in classes}
    ordered = sorted(votes, key=lambda number: -votes[number])
    return ordered, [votes[number] for number in ordered]
