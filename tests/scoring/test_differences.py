import pytest
from imeval.scoring import differences
from imeval.scoring.contract import Comparisons
from imeval.scoring.paired import correctness_of
from scored import A, B, C, scores


def test_every_two_models_are_compared_on_the_same_images() -> None:
    found = differences.compare(
        correctness_of({A: scores("1111110"), B: scores("1000001"), C: scores("1111110")}, "exclude")
    )
    Comparisons.validate(found)
    regt = {(row["model_a"], row["model_b"]): row for row in found.filter(labels="regt").iter_rows(named=True)}
    assert regt.keys() == {("a", "b"), ("a", "c"), ("b", "c")}
    assert (regt["a", "b"]["only_a"], regt["a", "b"]["only_b"], regt["a", "b"]["n"]) == (5, 1, 7)
    assert regt["a", "b"]["p"] == pytest.approx(0.21875)
    assert regt["a", "b"]["p_holm"] == pytest.approx(0.65625)
    assert regt["a", "c"]["p"] == 1


@pytest.mark.parametrize(("errors", "n"), [("exclude", 2), ("wrong", 3)])
def test_an_image_that_one_of_two_did_not_answer_is_left_out_if_errors_are_excluded(errors: str, n: int) -> None:
    found = differences.compare(correctness_of({A: scores("110", failed="2"), B: scores("001")}, errors))
    assert found["n"].unique().to_list() == [n]
