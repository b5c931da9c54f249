"""k-NN classification by the paper's or DINOv3's protocol."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import polars as pl
import torch
from annotated_types import Ge, Gt

from imeval.base.vectors import as_matrix
from imeval.models import compute
from imeval.models.contract import Outputs
from imeval.models.facts import SET_BY_THE_WORKFLOW
from imeval.models.outputs import sound, with_failed

_QUERIES_AT_ONCE = 1024

Vote = Literal["majority", "similarity"]

Protocol = Literal["paper", "dinov3"]

_PROTOCOLS: dict[Protocol, tuple[int, Vote]] = {"paper": (11, "majority"), "dinov3": (10, "similarity")}


@dataclass(frozen=True)
class Settings:
    """The number of neighbours, and the weights of their votes."""

    protocol: Protocol = "paper"
    """That of the model (see `knn.Settings`): `paper`, 11 neighbours with a vote each; or `dinov3`."""

    neighbours: Annotated[int | None, Ge(1)] = None
    """The number of nearest images that vote, k; the protocol's if not given."""

    vote: Vote | None = None
    """
    The weight of a neighbour's vote: `majority`, 1 for each; or `similarity`, exp(cosine / `temperature`). The
    protocol's if not given.
    """

    temperature: Annotated[float, Gt(0)] = 0.07
    """The temperature of `similarity`; the default is DINO's."""

    device: Annotated[compute.Device, SET_BY_THE_WORKFLOW] = "auto"
    """The device of the search."""

    threads: Annotated[int, SET_BY_THE_WORKFLOW] = 2
    """The number of CPU threads."""

    @property
    def k(self) -> int:
        """Return the number of neighbours that vote."""
        return self.neighbours or _PROTOCOLS[self.protocol][0]

    @property
    def weighs(self) -> Vote:
        """Return what a neighbour's vote weighs."""
        return self.vote or _PROTOCOLS[self.protocol][1]


def classify(
    settings: Settings, images: pl.DataFrame, gallery: Iterable[pl.DataFrame], imgt: pl.DataFrame
) -> pl.DataFrame:
    """Classify images by a vote of their nearest neighbours in a gallery.

    The search is exact. It takes one shard of the gallery and one block of images at a time, on a GPU if there is one.
    Images without a vector, for which the encoder failed, have no neighbours and are none.

    Args:
        settings: the number of neighbours, and the weights of their votes.
        images: an ImageEmbeddings frame.
        gallery: ImageEmbeddings frames, one for each shard; each is read once.
        imgt: the original labels of the gallery; columns image_id, imgt.

    Returns:
        An Outputs frame in the order of `images`: the classes of the neighbours with their share of the vote, best
            first. Of classes with equal votes, that of the nearest neighbour comes first.
    """
    whole = sound(images, "vector")
    if whole.is_empty():
        return with_failed(images["image_id"], Outputs.create_empty())
    device = compute.use(settings.device, settings.threads)
    queries = torch.tensor(as_matrix(whole["vector"]))
    similarities = torch.empty(len(whole), 0)
    classes = torch.empty(len(whole), 0, dtype=torch.int64)
    # An empty shard has no neighbours.
    for shard in filter(len, (sound(shard, "vector") for shard in gallery)):
        labelled = shard.join(imgt, on="image_id", how="left", maintain_order="left")
        found = _nearest(queries, labelled, settings.k, device)
        similarities, classes = _merged(settings.k, (similarities, classes), found)
    voted = [_vote(*row, settings) for row in zip(similarities.numpy(), classes.numpy(), strict=True)]
    found_by_image = pl.DataFrame(
        {
            "image_id": whole["image_id"],
            "class_ids": pl.Series([ids for ids, _ in voted], dtype=pl.List(pl.Int16)),
            "scores": pl.Series([scores for _, scores in voted], dtype=pl.List(pl.Float32)),
        }
    )
    return with_failed(images["image_id"], found_by_image)


def _nearest(
    queries: torch.Tensor, shard: pl.DataFrame, neighbours: int, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return each query's nearest images of a shard, nearest first.

    Returns:
        Their cosines and their classes; both (queries, neighbours).
    """
    vectors = torch.tensor(as_matrix(shard["vector"]), device=device)
    classes = torch.tensor(shard["imgt"].to_list(), device=device)
    most = min(neighbours, len(shard))
    # In blocks, as the cosines of all queries at once may not fit into memory.
    found = [(block.to(device) @ vectors.T).topk(most) for block in queries.split(_QUERIES_AT_ONCE)]
    similarities = torch.cat([best.values for best in found])
    return similarities.cpu(), classes[torch.cat([best.indices for best in found])].cpu()


def _merged(
    neighbours: int, before: tuple[torch.Tensor, torch.Tensor], new: tuple[torch.Tensor, torch.Tensor]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the nearest of two sets of neighbours, nearest first."""
    similarities, classes = (torch.cat(pair, dim=1) for pair in zip(before, new, strict=True))
    # A stable sort: among equally near images, the one from the earlier shard comes first.
    best = similarities.sort(dim=1, descending=True, stable=True)
    order = best.indices[:, :neighbours]
    return similarities.gather(1, order), classes.gather(1, order)


def _vote(similarities: np.ndarray, classes: np.ndarray, settings: Settings) -> tuple[list[int], list[float]]:
    """Return the classes of an image's neighbours with their shares, best first.

    Args:
        similarities: cosines of the neighbours, nearest first.
        classes: their classes.
        settings: the weights of the votes.
    """
    similarity = settings.weighs == "similarity"
    # The highest cosine is subtracted to keep exp() from overflowing; it cancels out in the shares.
    weights = np.exp((similarities - similarities[0]) / settings.temperature) if similarity else np.ones(len(classes))
    # The dict is in order of insertion, nearest first, and the stable sort keeps this order among equal votes.
    votes = {int(number): float(weights[classes == number].sum() / weights.sum()) for number in classes}
    ordered = sorted(votes, key=lambda number: -votes[number])
    return ordered, [votes[number] for number in ordered]
