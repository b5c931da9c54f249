import math
from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pytest
from imeval.base import parquet
from imeval.claims.measured import Place, SecondPass, read_measured
from imeval.claims.results import Draws, Estimate, Key, Missing, Results
from imeval.labels.contract import Labels
from imeval.scoring.contract import Differences, Scores
from imeval.scoring.metrics import NoObject
from imeval.scoring.resampling import Sampling

CATEGORIES = ("S+", "S+", "S-", "M+", "N")
DRAWS = 50


def scores(imgt: str, regt: str, oop: str = "00000", failed: str = "00000", run: int = 0) -> pl.DataFrame:
    """Return `Scores` of five images; "11001" is three hits."""
    rows = [
        (str(place), run, category, "error" if fail == "1" else "answered", a == "1", b == "1", c == "1", False, False)
        for place, (category, a, b, c, fail) in enumerate(zip(CATEGORIES, imgt, regt, oop, failed, strict=True))
    ]
    return pl.DataFrame(rows, schema=Scores.create_empty().schema, orient="row")


def write_labels(path: Path, categories: Mapping[int, str]) -> str:
    """Write `Labels` of images, which are named by their numbers."""
    rows = [(str(image), image, [image], [], [], category) for image, category in categories.items()]
    parquet.write(path, Labels, pl.DataFrame(rows, schema=Labels.create_empty().schema, orient="row"))
    return str(path)


def measured(
    *places: Place,
    differences: Mapping[str, str] | None = None,
    second_pass: SecondPass | None = None,
    resamples: int = 1,
    no_object: NoObject = "correct",
) -> Results:
    """Return the numbers of two MLLMs, "a" and "b"."""
    return read_measured(
        places,
        differences or {},
        second_pass,
        Sampling("image", resamples, 0),
        errors="exclude",
        no_object=no_object,
        confidence=0.95,
        groups={"a": "mllm", "b": "mllm"},
    )


@pytest.fixture
def read(tmp_path: Path):
    """Return a function that reads a table of models and tasks."""

    def read(
        frames: dict[tuple[str, str], pl.DataFrame],
        *without_models: str,
        without_texts: str = "",
        no_object: NoObject = "correct",
    ) -> Results:
        labels = write_labels(tmp_path / "labels.parquet", dict(enumerate(CATEGORIES)))
        paths = {entry: str(tmp_path / f"{'-'.join(entry)}.parquet") for entry in frames}
        for entry, frame in frames.items():
            parquet.write(paths[entry], Scores, frame)
        tables = {"table4": list(frames), **{name: [] for name in without_models}}
        place = Place(labels, paths, {"cw_plus": "cw"}, tables, without_texts=[without_texts])
        return measured(place, resamples=DRAWS, no_object=no_object)

    return read


def value(results: Results, *key: str, **others: str) -> float:
    return float(draws(results, *key, **others)[0])


def draws(results: Results, *key: str, **others: str) -> Draws:
    return results.number(Key("table4", *key, **others))


def test_accuracies_are_in_percent_by_labels_and_category_in_every_draw(read) -> None:
    results = read({("a", "cw"): scores(imgt="11000", regt="10101")})
    assert value(results, "a", "cw") == 60
    assert value(results, "a", "cw", labels="imgt") == 40
    assert value(results, "a", "cw", labels="imgt_and_regt") == 20
    assert value(results, "a", "cw", category="S+") == 50
    assert draws(results, "a", "cw").shape == (1 + DRAWS,)
    assert draws(results, "a", "cw")[1:].std() > 0


def test_all_models_have_the_same_draws(read) -> None:
    results = read({("a", "cw"): scores("11000", "10101"), ("b", "cw"): scores("11000", "10101")})
    assert draws(results, "a", "cw").tolist() == draws(results, "b", "cw").tolist()


def test_errors_leave_the_denominator(read) -> None:
    results = read({("a", "cw"): scores("11000", "10101", failed="01000")})
    assert value(results, "a", "cw") == 75


def test_images_of_n_leave_the_accuracies_if_the_run_has_it_so_and_never_a_rate(read) -> None:
    results = read({("a", "cw"): scores("11000", "10101", oop="00001")}, no_object="exclude")
    assert value(results, "a", "cw") == 50
    assert value(results, "a", "cw", "oop_rate") == 20


def test_a_mapping_mends_answers_that_were_out_of_prompt(read) -> None:
    unmapped = scores(imgt="10000", regt="10001", oop="01101")
    results = read({("a", "cw"): unmapped, ("a", "cw_plus"): scores(imgt="11000", regt="11001")})
    assert value(results, "a", "cw_plus", "oop_rate") == 60
    # Of the three answers, those on images of S+ and N are then correct.
    assert value(results, "a", "cw_plus", "oop_mapped") == pytest.approx(100 * 2 / 3)
    assert value(results, "a", "cw_plus", "oop_mapped", category="S-") == 0
    # On N the answer was correct before.
    assert value(results, "a", "cw_plus", "mended_images") == pytest.approx(1)


def test_no_out_of_prompt_rate_is_known_of_a_model_without_texts(read) -> None:
    frames = {(model, task): scores("11000", "11001") for model in "ab" for task in ("cw", "cw_plus")}
    results = read(frames, without_texts="b")
    assert results.models("table4", "mllm", tasks=("cw_plus",), metric="oop_rate") == ["a"]
    assert results.models("table4", "mllm", tasks=("cw_plus",), metric="mended_images") == ["a", "b"]


def test_several_runs_have_half_an_interval(read) -> None:
    alike = pl.concat([scores("11000", "10101", run=run) for run in range(3)])
    differing = pl.concat([scores("11000", regt, run=run) for run, regt in enumerate(("10101", "10100", "10101"))])
    results = read({("a", "cw.repeated"): alike, ("b", "cw.repeated"): differing})
    assert value(results, "a", "cw.repeated", "half_width") == 0
    # Accuracies of 60, 40 and 60, with Student's t of 4.303 at two degrees of freedom.
    assert value(results, "b", "cw.repeated", "half_width") == pytest.approx(28.68, abs=0.01)


def test_a_table_without_models_has_the_numbers_of_images(read) -> None:
    results = read({("a", "cw"): scores("11000", "10101")}, "table2")
    assert results.number(Key("table2", "", "", "images", category="S")).tolist() == [3]


def test_differences_are_those_of_the_stage_with_its_intervals_in_either_direction(tmp_path) -> None:
    sides = {f"{name}_{side}": value for side in "ab" for name, value in (("model", "a"), ("label_set", "real"))}
    tasks = {"task_a": "cw.batch_1", "task_b": "cw.batch_10", "labels_a": "regt", "labels_b": "regt"}
    numbers = {"value_a": 0.75, "value_b": 0.5, "difference": -0.25, "ci_low": -0.5, "ci_high": 0.125, "n": 4}
    tested = {"chosen": False, "runs_a": 1, "runs_b": 1, "p_method": "mcnemar", "family": "all", "family_size": 1}
    row = sides | tasks | numbers | tested | {"kind": "rows", "category": "A", "ci_method": "bootstrap_images"}
    empty = dict.fromkeys(("value_a", "value_b", "difference", "ci_low", "ci_high"))
    rows = [row | {"images": "position_10"}, row | {"images": "all"} | empty]
    parquet.write(tmp_path / "table12.parquet", Differences, pl.DataFrame(rows, Differences.create_empty().schema))
    results = measured(differences={"table12": str(tmp_path / "table12.parquet")})
    alone, last = (Key("table12", "a", task, "accuracy_at_10") for task in ("cw.batch_1", "cw.batch_10"))
    assert results.difference(alone, last) == Estimate(-25, -50, 12.5)
    assert results.difference(last, alone) == Estimate(25, -12.5, 50)
    over_all = results.difference(alone._replace(metric="accuracy"), last._replace(metric="accuracy"))
    assert math.isnan(over_all.value)
    with pytest.raises(Missing, match=r"^table12: a cw.batch_1 and cw.batch_5$"):
        results.difference(alone, last._replace(task="cw.batch_5"))


def test_scores_over_more_images_are_taken_on_those_of_the_place(tmp_path) -> None:
    offered = scores("10100", "10100").filter(pl.col("image_id").is_in(["0", "2"]))
    parquet.write(tmp_path / "mc.parquet", Scores, offered)
    parquet.write(tmp_path / "more.parquet", Scores, scores("11111", "01111"))
    place = Place(
        write_labels(tmp_path / "few.parquet", {0: "S+", 2: "S-"}),
        {("a", "mc.imgt_random"): str(tmp_path / "mc.parquet")},
        {},
        {"table4": [("a", "mc.imgt_random"), ("a", "cw_plus")]},
        elsewhere={("a", "cw_plus"): str(tmp_path / "more.parquet")},
    )
    results = measured(place)
    assert value(results, "a", "mc.imgt_random") == 100
    assert value(results, "a", "cw_plus") == 50


def test_a_prediction_is_adopted_if_the_second_labels_have_its_class(tmp_path) -> None:
    # Image 0 keeps its labels, 1 gets the answered class, 2 had it at once, the answer to 3 is out of the prompt, 4 has
    # no label afterwards, where every class is correct and none adopted, and 5 gets the class beside others.
    first = [("S-", False), ("S-", False), ("S-", True), ("S-", False), ("S-", False), ("S-", False)]
    second = [("S-", False), ("S+", True), ("S-", True), ("S+", True), ("N", True), ("M+", True)]
    for name, found in (("first", first), ("second", second)):
        rows = [
            (str(image), 0, category, "answered", False, hit, image == 3, False, False)
            for image, (category, hit) in enumerate(found)
        ]
        frame = pl.DataFrame(rows, schema=Scores.create_empty().schema, orient="row")
        parquet.write(tmp_path / f"{name}.parquet", Scores, frame)
    labels = write_labels(tmp_path / "labels.parquet", dict.fromkeys(range(6), "S-"))
    files = ({("a", "cw"): str(tmp_path / f"{name}.parquet")} for name in ("first", "second"))
    results = measured(second_pass=SecondPass(labels, *files), resamples=10)
    # Disputed are the images 0, 1, 4 and 5; adopted are 1 and 5.
    assert results.number(Key("figure7", "a", "cw", "adopted", category="S-"))[0] == 50
