import numpy as np
import polars as pl
import pytest
from imeval.models.contract import ClassEmbeddings, ImageEmbeddings, Outputs
from imeval.models.vision import zero_shot


def image_embeddings(*vectors: list[float]) -> pl.DataFrame:
    columns = {"image_id": [f"image {number}" for number in range(len(vectors))], "vector": list(vectors)}
    return pl.DataFrame(columns, schema=ImageEmbeddings.create_empty().schema)


CLASSES = pl.DataFrame(
    {"class_id": [0, 1, 2], "name": ["hen", "tench", "owl"], "vector": [[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]]},
    schema=ClassEmbeddings.create_empty().schema,
)


def test_the_nearest_classes_come_first_and_scores_are_a_softmax_of_scaled_cosines() -> None:
    frame = Outputs.validate(zero_shot.zero_shot(image_embeddings([0.0, 1.0]), CLASSES, top_k=2, scale=10))
    assert frame["class_ids"].to_list() == [[1, 2]]
    exponentials = np.exp([0, 10, 8])
    assert frame["scores"].to_list() == [
        pytest.approx([np.exp(10) / exponentials.sum(), np.exp(8) / exponentials.sum()])
    ]


def test_a_shard_may_be_empty() -> None:
    assert len(Outputs.validate(zero_shot.zero_shot(image_embeddings(), CLASSES))) == 0


def test_an_image_without_an_embedding_has_no_classes() -> None:
    frame = Outputs.validate(zero_shot.zero_shot(image_embeddings([1.0, 0.0], [], [0.0, 1.0]), CLASSES, top_k=1))
    assert frame["class_ids"].to_list() == [[0], [], [1]]
    assert Outputs.validate(zero_shot.zero_shot(image_embeddings([]), CLASSES))["class_ids"].to_list() == [[]]


def test_the_scale_moves_no_class() -> None:
    images = image_embeddings([0.8, 0.6], [-1.0, 0.0])
    orders = [zero_shot.zero_shot(images, CLASSES, scale=scale)["class_ids"].to_list() for scale in (1, 10)]
    assert orders == [[[2, 0, 1], [1, 2, 0]]] * 2


def test_images_are_compared_in_blocks_and_stay_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    images = image_embeddings([1.0, 0.0], [0.0, 1.0], [0.6, 0.8], [1.0, 0.0], [0.0, 1.0])
    monkeypatch.setattr(zero_shot, "_IMAGES_AT_ONCE", 2)
    frame = zero_shot.zero_shot(images, CLASSES, top_k=1)
    assert frame["image_id"].to_list() == images["image_id"].to_list()
    assert frame["class_ids"].to_list() == [[0], [1], [2], [0], [1]]
