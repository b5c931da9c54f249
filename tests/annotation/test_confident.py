"""Confident learning, against the library of its authors."""

import numpy as np
import polars as pl
import pytest
from imeval.annotation import confident
from imeval.models.contract import Outputs

from .reviewed import labels, outputs


@pytest.mark.parametrize("seed", range(5))
def test_the_counts_are_those_of_cleanlab(seed: int) -> None:
    count = pytest.importorskip("cleanlab.count")
    draws = np.random.default_rng(seed)
    classes, images = 4, 200
    given = draws.integers(classes, size=images)
    scores = draws.dirichlet(np.ones(classes), size=images).astype(np.float32)
    scores /= scores.sum(axis=1, keepdims=True)
    names = [f"{place:03}" for place in range(images)]
    order = np.argsort(-scores, axis=1)
    columns = [names, order.tolist(), np.take_along_axis(scores, order, 1).tolist()]
    frame = pl.DataFrame(dict(zip(Outputs.column_names(), columns, strict=True)), schema=Outputs.create_empty().schema)
    labelled = pl.DataFrame({"image_id": names, "label": given}, schema={"image_id": pl.String, "label": pl.Int16})
    joint = np.zeros((classes, classes), dtype=int)
    for label, class_id in confident.confident_classes(frame, labelled).select("label", "class_id").rows():
        joint[label, class_id] += 1
    expected = count.compute_confident_joint(given, scores, calibrate=False)
    # The library puts a class without a sure image on the diagonal once.
    off = ~np.eye(classes, dtype=bool)
    assert joint.sum() > 100
    assert (joint[off] == expected[off]).all()


def test_an_image_has_the_count_of_its_pair_if_the_class_is_none_of_its_labels() -> None:
    listed = labels(a=(1, [1]), b=(1, [1]), c=(1, [1]), d=(2, [2]), e=(2, [2]))
    found = outputs(a={2: 0.9, 1: 0.1}, b={2: 0.8, 1: 0.2}, c={1: 0.9}, d={2: 0.6, 1: 0.1}, e={2: 0.5})
    # Thresholds: class 1 has (0.1 + 0.2 + 0.9) / 3 = 0.4, class 2 has 0.55.
    assert confident.confident_counts(found, listed).sort("image_id").rows() == [("a", 2, 2), ("b", 2, 2)]


def test_an_equivalent_class_is_no_doubt() -> None:
    listed = labels(a=(620, [620]), b=(681, [681]))
    assert confident.confident_counts(outputs(a={681: 0.9}, b={681: 0.1}), listed).is_empty()


def test_of_several_labels_the_one_with_the_highest_score_counts() -> None:
    listed = labels(a=(1, [1, 2]), b=(1, [1]), c=(3, [3]))
    found = outputs(a={3: 0.6, 2: 0.3, 1: 0.1}, b={1: 0.9}, c={3: 0.4})
    assert confident.confident_classes(found, confident._best_label(found, listed)).rows() == [
        ("a", 2, 3),
        ("b", 1, 1),
        ("c", 3, 3),
    ]
