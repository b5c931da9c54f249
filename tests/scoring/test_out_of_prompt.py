import polars as pl
import pytest
from imeval.labels.contract import Labels
from imeval.scoring import out_of_prompt, subsets
from imeval.scoring.contract import Metrics, Scores

NAMES = ["golden retriever", "hen of the woods mushroom", "crane bird", "T-shirt"]
IMAGENET_NAMES = ["golden retriever", "crane", "polaroid camera"]


def kind(text: str) -> str:
    predictions = pl.DataFrame({"text": [text, "Goose"], "oop": [True, False]})
    found = out_of_prompt.measure_kinds(predictions, NAMES, IMAGENET_NAMES, "m", "cw", 0.95)
    Metrics.validate(found)
    (name,) = found.filter(pl.col("n_hit") == 1)["metric"]
    assert found["n"].to_list() == [1] * 4
    return name.removeprefix("oop_")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Polaroid Camera", "imagenet_name"), ("crane", "imagenet_name"),
        ("retriever", "partial"), ("Retriever, golden", "partial"), ("woods hen", "partial"), ("T shirt.", "partial"),
        ("I don't know", "abstain"), ("I don’t know.", "abstain"), ("Unknown", "abstain"), ("none", "abstain"),
        ("N/A", "abstain"), ("I cannot identify the object", "abstain"), ("I'm unable to determine it", "abstain"),
        ("None of the listed classes", "abstain"), ("no matching class", "abstain"),
        ("golden crane", "wrong"), ("The main object is a retriever", "wrong"), ("a dog", "wrong"),
        ("unknown soldier's tomb", "abstain"), ("nonesuch", "wrong"),
    ],
)  # fmt: skip
def test_an_out_of_prompt_answer_is_of_the_first_kind_that_holds(text: str, expected: str) -> None:
    assert kind(text) == expected


def scores(*images: tuple[str, str, bool, bool]) -> pl.DataFrame:
    rows = [(image, 0, category, "answered", False, regt, oop) for image, category, regt, oop in images]
    return pl.DataFrame(rows, schema=Scores.create_empty().schema, orient="row")


def test_the_mapping_mends_out_of_prompt_answers_with_n_and_without() -> None:
    closed = scores(
        ("a", "S+", False, True), ("b", "S+", True, False), ("c", "M-", False, True), ("d", "N", True, True)
    )
    mapped = scores(("a", "S+", True, True), ("b", "S+", True, False), ("c", "M-", False, True), ("d", "N", True, True))
    found = Metrics.validate(out_of_prompt.measure_mapping(closed, mapped, "m", "cw_plus", 0.95))
    counts = {(row["metric"], row["category"]): (row["n_hit"], row["n"]) for row in found.iter_rows(named=True)}
    assert counts["oop_mapped", "A"] == (2, 3)
    assert counts["oop_mapped_labelled", "A"] == (1, 2)
    assert counts["oop_mapped", "S"] == (1, 1)
    assert counts["oop_mapped", "M+"] == (0, 0)
    assert found.filter(metric="oop_mapped", category="M+")["value"].to_list() == [None]


def test_positions_track_the_same_images_whatever_task_is_measured() -> None:
    responses = pl.DataFrame(
        {"image_id": ["a", "b", "c", "d"], "run": 0, "position": [1, 2, 1, 2]},
        {"image_id": pl.String, "run": pl.Int16, "position": pl.Int16},
    )
    measured = scores(
        ("a", "S+", True, False), ("b", "S+", False, True), ("c", "S+", False, False), ("d", "N", True, True)
    )
    found = Metrics.validate(
        subsets.measure_positions(measured, responses, [1, 2, 3], "m", "cw.batch_1", "exclude", 0.95)
    )
    regt = {row["metric"]: row for row in found.filter(labels="regt").iter_rows(named=True)}
    assert (regt["accuracy_at_1"]["n_hit"], regt["accuracy_at_1"]["n"]) == (1, 2)
    assert (regt["accuracy_at_2"]["n_hit"], regt["accuracy_at_2"]["n_oop"]) == (1, 2)
    assert regt["accuracy_at_3"]["value"] is None


def test_recall_is_over_the_images_of_a_class_under_either_label_set() -> None:
    rows = [("a", 1, [1], [1], [1], "S+"), ("b", 1, [1], [2], [2], "S-"), ("c", 2, [2], [1, 2], [1, 2], "M+")]
    labels = pl.DataFrame(rows, schema=Labels.create_empty().schema, orient="row")
    measured = scores(("a", "S+", True, False), ("b", "S-", True, False), ("c", "M+", True, False))
    found = Metrics.validate(subsets.measure_recall(measured, labels, "m", "cw", "exclude", 0.95))
    counts = {(row["metric"], row["labels"]): (row["n_hit"], row["n"]) for row in found.iter_rows(named=True)}
    assert counts == {
        ("recall_1", "imgt"): (0, 2),
        ("recall_2", "imgt"): (0, 1),
        ("recall_1", "regt"): (1, 1),
        ("recall_2", "regt"): (1, 1),
    }
