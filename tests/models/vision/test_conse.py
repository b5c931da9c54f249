import polars as pl
import pytest
from imeval.base.errors import UserError
from imeval.models.contract import ClassEmbeddings, ImageEmbeddings, Outputs
from imeval.models.vision import conse

CLASSES = pl.DataFrame(
    {"class_id": [0, 1, 2], "name": ["hen", "tench", "owl"], "vector": [[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]]},
    schema=ClassEmbeddings.create_empty().schema,
)


def outputs(*rows: tuple[list[int], list[float]]) -> pl.DataFrame:
    named = [(f"image {number}", *row) for number, row in enumerate(rows)]
    return pl.DataFrame(named, schema=Outputs.create_empty().schema, orient="row")


def test_an_image_is_the_mean_of_its_top_classes_weighted_by_their_scores() -> None:
    top = outputs(([1, 0, 2], [0.4, 0.3, 0.1]))
    frame = ImageEmbeddings.validate(conse.embed(conse.Settings(top=2), top, CLASSES))
    # 0.4 (0, 1) + 0.3 (1, 0), a vector of length 0.5.
    assert frame["vector"].to_list() == [pytest.approx([0.6, 0.8])]


def test_an_image_without_classes_has_no_embedding() -> None:
    frame = conse.embed(conse.Settings(top=1), outputs(([2], [1.0]), ([], []), ([0], [1.0])), CLASSES)
    assert ImageEmbeddings.validate(frame)["vector"].to_list() == [pytest.approx([0.6, 0.8]), [], [1.0, 0.0]]
    assert conse.embed(conse.Settings(top=1), outputs(([], [])), CLASSES)["vector"].to_list() == [[]]


def test_a_sure_classifier_gives_the_class_embedding_itself() -> None:
    frame = conse.embed(conse.Settings(top=2), outputs(([2, 0], [1.0, 0.0])), CLASSES)
    assert frame["vector"].to_list() == [pytest.approx([0.6, 0.8])]


def test_images_are_embedded_in_blocks_and_stay_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conse, "_IMAGES_AT_ONCE", 2)
    top = outputs(([0], [1.0]), ([1], [1.0]), ([2], [1.0]))
    frame = conse.embed(conse.Settings(top=1), top, CLASSES)
    assert frame["image_id"].to_list() == ["image 0", "image 1", "image 2"]
    assert frame["vector"].to_list() == [[1.0, 0.0], [0.0, 1.0], pytest.approx([0.6, 0.8])]


def test_a_shard_may_be_empty() -> None:
    assert len(ImageEmbeddings.validate(conse.embed(conse.Settings(), outputs(), CLASSES))) == 0


def test_more_classes_than_the_outputs_hold_are_refused() -> None:
    with pytest.raises(UserError, match=r"conse: top: expected at most 2, the number of classes .*, found 3"):
        conse.embed(conse.Settings(top=3), outputs(([1, 0], [0.5, 0.5])), CLASSES)
