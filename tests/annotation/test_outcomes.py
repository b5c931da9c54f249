import polars as pl
import pytest
from imeval.annotation.contract import Disputes, Outcomes, Proposals
from imeval.annotation.outcomes import Reviewed, outcome_of, outcomes, read_published, review
from projects import ROOT

from .decided import decision, decisions
from .reviewed import labels


def image(before: list[int], after: list[int], admissible: set[int] | None = None, **others: object) -> Reviewed:
    now = set(after) | ({681} if 620 in after else set())
    return Reviewed("S-", False, before, after, admissible or set(before), now, **{"undecided": False, **others})


@pytest.mark.parametrize(
    ("before", "after", "outcome"),
    [
        ([2], [3], "preferred"),
        ([2], [3, 4], "preferred"),
        ([2], [2, 3], "combined"),
        ([2, 5], [3, 5], "combined"),
        ([2], [2], "preserved"),
        ([2, 5], [5, 6], "preserved"),
        ([2], [4], "other"),
        ([2], [], "other"),
        ([], [], "preserved"),
        ([], [3], "preferred"),
        ([], [4], "other"),
        ([3], [3], None),
        ([2, 3], [2], None),
    ],
)
def test_what_came_of_class_3(before: list[int], after: list[int], outcome: str | None) -> None:
    assert outcome_of([3], image(before, after)) == outcome


def test_an_equivalent_class_is_taken_or_was_admitted() -> None:
    assert outcome_of([681], image([2], [620])) == "preferred"
    assert outcome_of([681], image([620], [620], admissible={620, 681})) is None


def test_no_class_is_no_proposal() -> None:
    assert outcome_of([], image([2], [3])) is None


def test_without_a_decision_the_outcome_is_open() -> None:
    assert outcome_of([3], image([2], [2], undecided=True)) == "undecided"


LABELS = labels(a=(1, [2]), b=(1, [2]), c=(1, [2]), d=(1, [2, 3]), e=(5, [5]))
PROPOSED = [("a", "m", [1]), ("b", "m", [1]), ("c", "m", [1]), ("d", "m", [3]), ("e", "m", [6])]


def counted(*rows: dict[str, object]) -> dict[tuple[str, ...], tuple[object, ...]]:
    disputed = LABELS.with_columns(
        rank=pl.int_range(1, 6, dtype=pl.Int32),
        reason=pl.Series(["disputed"] * 4 + ["control"]),
        models=0,
        of_models=0,
        evidence=0.0,
        class_id=None,
        confident_class=None,
        confident_count=None,
        suggestions=pl.lit([]),
    ).select(Disputes.column_names())
    proposals = pl.DataFrame(PROPOSED, schema=Proposals.create_empty().schema, orient="row")
    proposals = proposals.vstack(proposals.with_columns(source=pl.lit("labels")))
    published = {"m": {("S-", "preferred"): 338, ("A", "preferred"): 368}}
    frame = outcomes(review(disputed, decisions(*rows), LABELS, {}), proposals, published, 0.95)
    return {row[:4]: row[4:] for row in Outcomes.validate(frame).rows()}


def test_outcomes_are_counted_by_source_category_and_person() -> None:
    found = counted(
        *[decision(name, "x", [1]) for name in "abc"],
        decision("a", "y", [1]),
        decision("b", "y", [2]),
        decision("d", "x", [2]),
        decision("e", "x", [6]),
    )
    # b is a conflict; the labels of d admitted the class.
    share = (2, 2, 1.0, pytest.approx(0.3424, abs=1e-4), 1.0, 338)
    assert found["m", "S-", "", "preferred"] == share
    assert found["m", "S-", "", "undecided"] == (1, 2, None, None, None, None)
    assert found["m", "A", "", "preferred"] == (*share[:-1], 368)
    assert found["m", "S-", "y", "preserved"][:3] == (1, 2, 0.5)
    assert ("m", "M-", "", "preferred") not in found


def test_the_control_sample_shows_how_often_labels_that_nobody_disputes_are_wrong() -> None:
    found = counted(decision("a", "x", [2]), decision("d", "x", [2]), decision("e", "x", [6]))
    assert found["labels", "control", "", "changed"][:3] == (1, 1, 1.0)
    assert found["labels", "A", "", "changed"][:3] == (1, 2, 0.5)
    assert found["m", "control", "", "preferred"][:2] == (1, 1)


def test_the_papers_counts_are_those_of_figure_7() -> None:
    found = read_published(str(ROOT / "config/published/figure7.csv"))
    assert (found["S-", "preferred"], found["M-", "other"], found["A", "preserved"]) == (338, 16, 558)
