from imeval.claims.claim import Part, Parts, above, all_claims, claim
from imeval.claims.judging import judge
from imeval.claims.results import Key, Missing, Results
from numpy import array, inf, nan
from printed_claims import GROUPS, NOTHING, paper, verdicts


def over(bound: float, table: str = "table3") -> object:
    @claim("All are above.", where="here", formula="Acc", tables=(table,))
    def is_above(results: Results) -> Parts:
        """Yield every accuracy."""
        for model in results.models(table):
            yield Part(results.accuracy(table, model, "cw"), above(bound), model)

    return is_above


def run(names: dict[str, str] | None = None, **accuracies: list[float]) -> Results:
    values = {Key("table3", model, "cw"): array(draws) for model, draws in accuracies.items()}
    return Results(values, {**GROUPS, "mine": "mllm"}, names=names or {})


def judged(paper: Results, run: Results, bound: float = 50) -> list[tuple[object, ...]]:
    columns = ("model", "detail", "paper_value", "paper_verdict", "value", "verdict", "missing")
    return judge([over(bound)], paper, run, 0.95).select(columns).rows()


def test_six_of_the_papers_claims_are_not_supported_by_its_own_numbers() -> None:
    wholes = verdicts().filter(model="", detail="all")
    assert len(wholes) == len(all_claims())
    assert set(wholes.filter(paper_verdict="not supported")["claim"]) == {
        "single_over_multilabel",
        "correct_images_differ",
        "out_of_prompt_order",
        "mapping_gains_most_on_minus",
        "mapping_ratio_regt",
        "harder_distractors",
    }


def test_the_same_claims_fail_for_a_run_with_the_papers_numbers() -> None:
    frame = judge(all_claims(), paper(), paper(), 0.95)
    assert frame["verdict"].equals(frame["paper_verdict"])
    assert frame["value"].equals(frame["paper_value"])


def test_a_run_without_anything_supports_nothing_and_each_claim_names_what_is_missing() -> None:
    assert set(verdicts()["verdict"]) == {"cannot tell"}
    assert verdicts().filter(missing="").is_empty()


def test_a_claim_holds_if_it_does_for_all_models_of_the_run() -> None:
    assert judged(run(gpt_4o=[60.0]), run(gpt_4o=[70.0], eva02=[55.0])) == [
        ("", "all", None, "supported", None, "supported", ""),
        ("gpt_4o", "", 60.0, "supported", 70.0, "supported", ""),
        ("eva02", "", None, "cannot tell", 55.0, "supported", ""),
    ]


def test_one_model_for_which_it_does_not_hold_is_enough_against_a_claim() -> None:
    found = judged(run(gpt_4o=[60.0]), run(gpt_4o=[60.0, 40.0, 80.0], eva02=[45.0]))
    assert [row[5] for row in found] == ["not supported", "cannot tell", "not supported"]
    assert [row[5] for row in judged(run(gpt_4o=[60.0]), run(gpt_4o=[60.0, 40.0, 80.0]))] == ["cannot tell"] * 2


def test_a_model_of_the_paper_that_the_run_lacks_has_a_row() -> None:
    assert judged(run(gpt_4o=[60.0]), run(eva02=[55.0]))[-1] == (
        "gpt_4o", "", 60.0, "supported", None, "cannot tell", "gpt_4o",
    )  # fmt: skip


def test_a_renamed_model_stands_beside_the_papers_and_two_of_one_name_keep_their_rows() -> None:
    found = judged(run(gpt_4o=[60.0]), run(mine=[40.0], gpt_4o=[70.0], names={"mine": "gpt_4o"}))
    assert [(row[0], row[2], row[4]) for row in found[1:]] == [("mine", 60.0, 40.0), ("gpt_4o", 60.0, 70.0)]


def test_a_value_without_images_names_them_as_missing() -> None:
    assert judged(run(gpt_4o=[60.0]), run(gpt_4o=[nan]))[1][4:] == (
        None, "cannot tell", "images that it can be computed from",
    )  # fmt: skip


def test_what_was_found_before_something_is_missing_is_kept() -> None:
    @claim("Two.", where="here", formula="Acc", tables=("table3",))
    def two(results: Results) -> Parts:
        """Yield a part and then lack one."""
        yield Part(array([1.0]), above(0), "gpt_4o")
        raise Missing("table3: eva02")

    rows = judge([two], NOTHING, NOTHING, 0.95).select("model", "verdict", "missing").rows()
    assert rows == [("", "cannot tell", "table3: eva02"), ("gpt_4o", "supported", "")]


def test_the_end_of_an_interval_may_be_infinite() -> None:
    frame = judge([over(50)], run(), run(mine=[60.0, 60.0, inf]), 0.95)
    assert frame.filter(model="mine").select("value", "ci_low", "ci_high").row(0) == (60.0, 60.0, inf)
