"""Claims on multiple choice, from integer counts that print the paper's Table 18, with intervals."""

from collections.abc import Mapping

import polars as pl
import published_tables
import pytest
from imeval.base import parquet
from imeval.claims.claim import all_claims
from imeval.claims.judging import judge
from imeval.claims.measured import Place, read_measured
from imeval.labels.contract import Labels
from imeval.scoring.contract import Differences, Scores
from imeval.scoring.differences import compare, pairs_of
from imeval.scoring.paired import Entry, Row, correctness_of
from imeval.scoring.resampling import Sampling, draw_rows
from printed_claims import GROUPS, paper

MLLMS = ("llava_onevision", "internvl3_5", "qwen3_vl", "gpt_4o")
RUNS = published_tables.RUNS


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """The verdicts of a run whose numbers are those of Table 18."""
    folder = tmp_path_factory.mktemp("table18")
    frames = {}
    for (model, options), values in published_tables.grouped("table18", "model", "options").items():
        if options not in ("imgt_random", "imgt_confeva", "regt_confeva", "cw"):
            continue
        regt = published_tables.counts_that_print(values, published_tables.SUBSET, RUNS)
        imgt = round(float(values["imgt", "A"]) / 100 * 625 * RUNS)
        task = "cw.repeated" if options == "cw" else f"mc.{options}"
        frames[model, task] = published_tables.scores(published_tables.SUBSET, regt, imgt, RUNS)
    paths = {entry: str(folder / f"{'-'.join(entry)}.parquet") for entry in frames}
    for entry, frame in frames.items():
        parquet.write(paths[entry], Scores, frame)
    images = next(iter(frames.values())).filter(run=0).select("image_id", "category").sort("image_id")
    rows = [(name, place, [place], [], [], category) for place, (name, category) in enumerate(images.iter_rows())]
    parquet.write(
        folder / "labels.parquet", Labels, pl.DataFrame(rows, schema=Labels.create_empty().schema, orient="row")
    )
    sampling = Sampling("image", 100, 0)
    parquet.write(
        folder / "table18.parquet", Differences, differences_of(frames, str(folder / "labels.parquet"), sampling)
    )
    place = Place(str(folder / "labels.parquet"), paths, {}, {"table18": list(frames)})
    run = read_measured(
        [place],
        {"table18": str(folder / "table18.parquet")},
        None,
        sampling,
        errors="exclude",
        no_object="correct",
        confidence=0.95,
        groups=GROUPS,
        closed=["gpt_4o"],
    )
    return judge(all_claims(), paper(), run, 0.95)


def differences_of(frames: Mapping[Entry, pl.DataFrame], labels: str, sampling: Sampling) -> pl.DataFrame:
    """Return `Differences` of all models and tasks."""
    found = correctness_of(frames, parquet.read(labels, Labels), "exclude")
    rows = [Row(entry, place, (place,)) for place, entry in enumerate(found.entries)]
    return compare(pairs_of(draw_rows(found, rows, sampling, "regt"), "real"), 0.95)


def verdicts(judged: pl.DataFrame, claim: str) -> dict[str, str]:
    return {model or "all": verdict for model, verdict in judged.filter(claim=claim).select("model", "verdict").rows()}


def test_values_of_a_run_are_those_that_the_paper_prints(judged) -> None:
    both = judged.filter(pl.col("value").is_not_null())
    assert len(both) == 11
    assert both["value"].to_list() == pytest.approx(both["paper_value"].to_list(), abs=0.01)


def test_with_intervals_over_625_images_one_model_alone_is_surely_beyond_10_to_15_points(judged) -> None:
    assert verdicts(judged, "harder_distractors") == {
        "all": "not supported",
        "llava_onevision": "not supported",
        "internvl3_5": "cannot tell",
        "qwen3_vl": "cannot tell",
        "gpt_4o": "cannot tell",
    }


def test_the_open_models_repeat_their_runs(judged) -> None:
    assert verdicts(judged, "open_models_repeat") == dict.fromkeys(("all", *MLLMS[:3]), "supported")


def test_what_the_run_has_no_numbers_of_is_missing(judged) -> None:
    row = judged.filter(claim="confusions_over_names", detail="all").row(0, named=True)
    assert (row["verdict"], row["missing"]) == ("cannot tell", "table18: mllm and mc.imgt_confeva, mc.imgt_confbert")
