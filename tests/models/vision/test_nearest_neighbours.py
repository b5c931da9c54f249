import numpy as np
import polars as pl
import pytest
from imeval.models.contract import Outputs
from imeval.models.text_embedding import image_embeddings
from imeval.models.vision import nearest_neighbours
from imeval.models.vision.nearest_neighbours import Settings, classify


def embedded(prefix: str, vectors: np.ndarray) -> pl.DataFrame:
    return image_embeddings([f"{prefix}{number:04d}" for number in range(len(vectors))], vectors.astype(np.float32))


def labelled(frame: pl.DataFrame, classes: list[int]) -> pl.DataFrame:
    return pl.DataFrame([frame["image_id"], pl.Series("imgt", classes, dtype=pl.Int16)])


def on_a_circle(*degrees: float) -> np.ndarray:
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def voted(degrees: list[float], classes: list[int], **settings: object) -> tuple[list[int], list[float]]:
    """How the gallery votes on an image at 0 degrees."""
    gallery = embedded("g", on_a_circle(*degrees))
    settings = {"device": "cpu", "threads": 1, **settings}
    outputs = classify(Settings(**settings), embedded("q", on_a_circle(0)), [gallery], labelled(gallery, classes))
    return outputs["class_ids"].to_list()[0], outputs["scores"].to_list()[0]


def test_the_class_of_most_neighbours_comes_first_with_its_share_of_the_vote() -> None:
    assert voted([1, 2, 3, 90], [5, 7, 7, 5], neighbours=3) == ([7, 5], [pytest.approx(2 / 3), pytest.approx(1 / 3)])


def test_of_equal_votes_the_nearest_neighbours_class_comes_first() -> None:
    assert voted([2, 1, 3, 4], [9, 4, 9, 4], neighbours=4)[0] == [4, 9]


def test_a_vote_by_similarity_outweighs_a_majority_far_away() -> None:
    arrangement = [1, 40, 41], [5, 7, 7]
    assert voted(*arrangement, neighbours=3)[0] == [7, 5]
    classes, scores = voted(*arrangement, neighbours=3, vote="similarity", temperature=0.07)
    weights = np.exp(np.cos(np.radians([1, 40, 41])) / 0.07)
    assert classes == [5, 7]
    assert scores[0] == pytest.approx(weights[0] / weights.sum(), rel=1e-4)


@pytest.mark.parametrize("vote", ["majority", "similarity"])
def test_shards_and_blocks_find_what_brute_force_finds(vote: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest_neighbours, "_QUERIES_AT_ONCE", 7)
    random = np.random.default_rng(0)
    queries, gallery = (embedded(prefix, random.normal(size=(count, 16))) for prefix, count in (("q", 30), ("g", 200)))
    classes = random.integers(0, 20, 200).tolist()
    outputs = classify(
        Settings(neighbours=11, vote=vote, device="cpu", threads=1),
        queries,
        gallery.iter_slices(64),
        labelled(gallery, classes),
    )
    assert Outputs.validate(outputs)["image_id"].to_list() == queries["image_id"].to_list()
    cosines = np.array(queries["vector"].to_list()) @ np.array(gallery["vector"].to_list()).T
    for row, found in zip(cosines, outputs["class_ids"].to_list(), strict=True):
        nearest = np.argsort(-row)[:11]
        weights = np.exp(row[nearest] / 0.07) if vote == "similarity" else np.ones(11)
        votes = {classes[place]: 0.0 for place in nearest}
        for place, weight in zip(nearest, weights, strict=True):
            votes[classes[place]] += weight
        assert found == sorted(votes, key=lambda number: -votes[number])


def test_the_papers_and_dinov3s_protocols_go_by_name() -> None:
    near, far = [1.0] * 4, [60.0] * 20
    arrangement = [*near, *far], [5] * 4 + [7] * 20
    # Of the paper's 11 votes 7 are of the far class; by DINOv3's, the near ones outweigh 6 of 10.
    assert voted(*arrangement) == ([7, 5], [pytest.approx(7 / 11), pytest.approx(4 / 11)])
    classes, scores = voted(*arrangement, protocol="dinov3")
    weights = np.exp(np.cos(np.radians([1.0] * 4 + [60.0] * 6)) / 0.07)
    assert classes == [5, 7]
    assert scores == pytest.approx([weights[:4].sum() / weights.sum(), weights[4:].sum() / weights.sum()], rel=1e-4)


def test_a_key_replaces_a_part_of_a_protocol() -> None:
    settings = Settings("dinov3", neighbours=200)
    assert (settings.k, settings.weighs) == (200, "similarity")
    assert (Settings("dinov3", vote="majority").k, Settings("dinov3", vote="majority").weighs) == (10, "majority")
    assert (Settings().k, Settings().weighs) == (11, "majority")


def test_an_image_without_a_vector_has_no_neighbours_and_is_none() -> None:
    def failed(image_id: str) -> pl.DataFrame:
        return pl.DataFrame({"image_id": [image_id], "vector": [[]]}, schema=gallery.schema)

    gallery = embedded("g", on_a_circle(1, 2, 3))
    whole = pl.concat([gallery, failed("g0003")])
    queries = pl.concat([failed("a"), embedded("q", on_a_circle(0)), failed("z")])
    settings = Settings(neighbours=4, device="cpu", threads=1)
    outputs = Outputs.validate(classify(settings, queries, [whole, failed("g0004")], labelled(whole, [1, 2, 3, 4])))
    assert outputs["image_id"].to_list() == ["a", "q0000", "z"]
    assert outputs["class_ids"].to_list() == [[], [1, 2, 3], []]
    assert classify(settings, failed("a"), [whole], labelled(whole, [1, 2, 3, 4])).rows() == [("a", [], [])]


def test_each_shard_of_the_gallery_is_read_once() -> None:
    read: list[int] = []

    def shards():
        for number in range(3):
            read.append(number)
            yield embedded(f"{number}-", on_a_circle(number + 1))

    labels = pl.concat([labelled(embedded(f"{number}-", on_a_circle(1)), [number]) for number in range(3)])
    queries = embedded("q", on_a_circle(*range(90)))
    assert len(classify(Settings(device="cpu", threads=1), queries, shards(), labels)) == 90
    assert read == [0, 1, 2]


def test_a_gallery_smaller_than_k_votes_as_a_whole() -> None:
    assert voted([1, 2], [3, 4], neighbours=11) == ([3, 4], [0.5, 0.5])


def test_a_shard_without_images_has_no_outputs() -> None:
    gallery = embedded("g", on_a_circle(1, 2))
    assert classify(Settings(neighbours=11), gallery.clear(), [gallery], labelled(gallery, [3, 4])).is_empty()
