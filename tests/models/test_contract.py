import polars as pl
import pytest
from dataframely.exc import ValidationError
from imeval.models.contract import ClassEmbeddings, ImageEmbeddings, Outputs


def outputs(**changes: object) -> pl.DataFrame:
    row = {"image_id": "a", "class_ids": [7, 3], "scores": [0.5, 0.25]} | changes
    return pl.DataFrame([row], schema=Outputs.create_empty().schema)


def test_an_image_has_a_score_for_each_of_its_top_classes_or_neither_if_the_model_failed() -> None:
    assert len(Outputs.validate(outputs())) == 1
    assert len(Outputs.validate(outputs(class_ids=[], scores=[]))) == 1


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"scores": [0.5]}, "one_score_a_class"),
        ({"class_ids": []}, "one_score_a_class"),
        ({"class_ids": [-1, 3]}, "class_ids"),
        ({"image_id": ""}, "image_id"),
    ],
)
def test_outputs_of_an_unknown_class_or_with_scores_of_another_number_are_refused(
    changes: dict[str, object], rule: str
) -> None:
    with pytest.raises(ValidationError, match=rule):
        Outputs.validate(outputs(**changes))


def test_an_image_has_one_vector_and_a_class_one_name() -> None:
    images = pl.DataFrame(
        {"image_id": ["a", "a"], "vector": [[1.0], [0.5]]}, schema=ImageEmbeddings.create_empty().schema
    )
    with pytest.raises(ValidationError, match="primary_key"):
        ImageEmbeddings.validate(images)
    schema = ClassEmbeddings.create_empty().schema
    classes = pl.DataFrame({"class_id": [3], "name": [""], "vector": [[1.0]]}, schema=schema)
    with pytest.raises(ValidationError, match="name"):
        ClassEmbeddings.validate(classes)
