from imeval.annotation.contract import Resolved
from imeval.annotation.resolution import conflicts, resolve, revised

from .decided import decision, decisions
from .reviewed import labels

LABELS = labels(a=(1, [2]), b=(3, [4]), c=(5, [6]), d=(7, []))


def resolved(*rows: dict[str, object]) -> dict[str, tuple[object, ...]]:
    frame = Resolved.validate(resolve(decisions(*rows), LABELS))
    return {row[0]: row[1:] for row in frame.rows()}


def test_one_person_decides_alone() -> None:
    assert resolved(decision("a", "x", [9]), decision("b", "x", "none")) == {
        "a": ("single", [2], [9], ["x"]),
        "b": ("single", [4], [], ["x"]),
    }


def test_several_people_must_give_the_same_classes() -> None:
    found = resolved(
        decision("a", "x", [1, 2]), decision("a", "y", [1, 2]), decision("b", "x", [3]), decision("b", "y", [3, 4])
    )
    assert found == {"a": ("agreed", [2], [1, 2], ["x", "y"]), "b": ("conflict", [4], [4], ["x", "y"])}


def test_a_further_person_settles_a_conflict_and_the_last_of_several_counts() -> None:
    rows = [decision("b", "x", [3]), decision("b", "y", [4])]
    early = decision("b", "zoe", "none", adjudicates=True, time="2026-11-28T10:00:00+00:00")
    late = decision("b", "ann", [3], adjudicates=True, time="2026-11-28T11:00:00+00:00")
    assert resolved(*rows, early) == {"b": ("adjudicated", [4], [], ["zoe"])}
    assert resolved(*rows, early, late) == {"b": ("adjudicated", [4], [3], ["ann"])}


def test_labels_stay_where_nobody_is_sure() -> None:
    assert resolved(decision("a", "x", "not_sure"))["a"] == ("not_sure", [2], [2], ["x"])
    assert resolved(decision("a", "x", "not_sure"), decision("a", "y", [2]))["a"][0] == "conflict"


def test_a_decision_about_an_image_without_labels_has_no_effect() -> None:
    assert resolved(decision("other", "x", [1])) == {}


def test_conflicts_are_listed_settled_or_not() -> None:
    rows = [decision("b", "x", [3]), decision("b", "y", [4]), decision("b", "z", [3], adjudicates=True)]
    rows += [
        decision("a", "x", [1]),
        decision("a", "y", [1]),
        decision("d", "x", "none"),
        decision("d", "y", "not_sure"),
    ]
    assert conflicts(decisions(*rows)) == ["b", "d"]


def test_a_new_label_set_has_the_new_labels_and_all_others() -> None:
    frame = resolve(decisions(decision("a", "x", [1, 9]), decision("c", "x", "none"), decision("d", "x", [7])), LABELS)
    assert revised(LABELS, frame).rows() == [("a", [1, 9]), ("b", [4]), ("c", []), ("d", [7])]
