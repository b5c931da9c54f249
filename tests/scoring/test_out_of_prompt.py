import polars as pl
import pytest
from imeval.scoring import out_of_prompt
from imeval.scoring.contract import Metrics, Scores

NAMES = ["golden retriever", "hen of the woods mushroom", "crane bird", "T-shirt"]
IMAGENET_NAMES = ["golden retriever", "crane", "polaroid camera"]


def kind(text: str) -> str:
    predictions = pl.DataFrame({"text": [text, "Goose"], "oop": [True, False]})
    found = out_of_prompt.measure_kinds(predictions, NAMES, IMAGENET_NAMES, model="m", task="cw", confidence=0.95)
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
    rows = [(image, 0, category, "answered", False, regt, oop, oop, False) for image, category, regt, oop in images]
    return pl.DataFrame(rows, schema=Scores.create_empty().schema, orient="row")


def test_the_mapping_corrects_out_of_prompt_answers_with_and_without_images_of_n() -> None:
    closed = scores(
        ("a", "S+", False, True), ("b", "S+", True, False), ("c", "M-", False, True), ("d", "N", True, True)
    )
    mapped = scores(("a", "S+", True, True), ("b", "S+", True, False), ("c", "M-", False, True), ("d", "N", True, True))
    found = Metrics.validate(out_of_prompt.measure_mapping(closed, mapped, model="m", task="cw_plus", confidence=0.95))
    counts = {(row["metric"], row["category"]): (row["n_hit"], row["n"]) for row in found.iter_rows(named=True)}
    assert counts["oop_mapped", "A"] == (2, 3)
    assert counts["oop_mapped_labelled", "A"] == (1, 2)
    assert counts["oop_mapped", "S"] == (1, 1)
    assert counts["oop_mapped", "M+"] == (0, 0)
    assert found.filter(metric="oop_mapped", category="M+")["value"].to_list() == [None]
