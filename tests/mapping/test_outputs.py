import polars as pl
from imeval.images.contract import ImageIndex
from imeval.mapping import outputs
from imeval.mapping.contract import Predictions
from imeval.models.contract import Outputs


def test_the_best_class_of_an_output_is_its_prediction() -> None:
    frame = pl.DataFrame(
        {"image_id": ["a", "b"], "class_ids": [[7, 3], [999, 0]], "scores": [[0.9, 0.1], [0.5, 0.5]]},
        schema=Outputs.create_empty().schema,
    )
    predicted = Predictions.validate(outputs.predictions_from_outputs(frame))
    assert predicted.rows() == [
        ("a", 0, "ok", None, 7, "index", None, False, False, False),
        ("b", 0, "ok", None, 999, "index", None, False, False, False),
    ]


def test_an_image_for_which_the_model_failed_is_an_error() -> None:
    columns = {"image_id": ["a", "b"], "class_ids": [[], [3]], "scores": [[], [1.0]]}
    frame = pl.DataFrame(columns, schema=Outputs.create_empty().schema)
    predicted = Predictions.validate(outputs.predictions_from_outputs(frame))
    assert predicted.select("status", "class_id", "method").rows() == [("error", None, "none"), ("ok", 3, "index")]


def test_original_labels_are_the_predictions_of_the_selected_images() -> None:
    rows = [("a", 5, True, False), ("b", 6, False, False), ("c", 7, False, True)]
    index = pl.DataFrame(rows, schema=ImageIndex.create_empty().schema, orient="row")
    predicted = Predictions.validate(outputs.predictions_from_original_labels(index))
    assert predicted.select("image_id", "class_id", "method").rows() == [("a", 5, "index")]
