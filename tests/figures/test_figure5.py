from pathlib import Path
from typing import Any

import pytest
from imeval.annotation.contract import ImageOutcomes
from imeval.base.errors import UserError
from imeval.figures import figure5
from imeval.figures.drawing import Drawn
from made_figures import context, texts

TENCH, GOLDFISH, SHARK = 0, 1, 2


def row(
    name: str, outcome: str | None, after: list[int], *, control: bool = False, source: str = "chat"
) -> tuple[Any, ...]:
    """Return the outcome of the proposal "goldfish" for an image of tench whose label is shark."""
    return (name, source, "S-", control, TENCH, [GOLDFISH], [SHARK], after, outcome)


ROWS = [
    row("a", "preferred", [GOLDFISH]),
    row("b", "preferred", [GOLDFISH]),
    row("c", "combined", [GOLDFISH, SHARK]),
    row("d", "preserved", [SHARK]),
    row("e", "other", []),
    row("f", "undecided", [SHARK]),
    row("g", None, [SHARK]),
    row("h", "preferred", [GOLDFISH], control=True),
    row("a", "other", [], source="clip"),
]


def drawn(folder: Path, rows: list[tuple[Any, ...]], **settings: Any) -> Drawn:
    made = context(folder, {"image_outcomes": (ImageOutcomes, rows)})
    return figure5.figure(made, figure5.Settings(**settings))


def test_each_outcome_has_its_share_and_images_with_labels_before_and_after(tmp_path: Path) -> None:
    found = drawn(tmp_path, ROWS, examples=1)
    assert found.data.select("image_id", "outcome", "after").rows() == [
        ("a", "preferred", "1"), ("c", "combined", "1;2"), ("d", "preserved", "2"),
    ]  # fmt: skip
    lines = [text for text in texts(found.figure) if text != "no pictures"]
    assert lines[0] == "✓ among the new labels, ✗ not"
    # Five disputed images have an outcome that counts.
    assert lines[1:8] == [
        "model preferred", "2 of 5, 40.0 % [11.8, 76.9]",
        "✗ ImGT: tench", "✗ ReGT: great white shark", "✓ My chat: goldfish", "new labels: goldfish",
        "both combined",
    ]  # fmt: skip
    assert found.title == "Images of the second annotation pass, My chat and ReGT"


def test_which_outcomes_and_whose_proposals_are_settings(tmp_path: Path) -> None:
    found = drawn(tmp_path, ROWS, outcomes=["other"], examples=5, source="clip")
    assert found.data.select("image_id", "source").rows() == [("a", "clip")]
    assert "✗ ReGT: great white shark" in texts(found.figure)
    with pytest.raises(UserError, match=r"figures\.figure5: source: expected a model .* found 'net'"):
        drawn(tmp_path, ROWS, source="net")


def test_the_control_sample_is_shown_where_nothing_is_disputed(tmp_path: Path) -> None:
    assert drawn(tmp_path, [row("h", "preferred", [GOLDFISH], control=True)]).data["image_id"].to_list() == ["h"]


def test_a_model_whose_proposals_the_labels_admitted_is_passed_over(tmp_path: Path) -> None:
    rows = [row("a", None, [SHARK]), row("a", "preserved", [SHARK], source="clip")]
    assert drawn(tmp_path, rows).data["source"].to_list() == ["clip"]


def test_the_seed_draws_the_images(tmp_path: Path) -> None:
    first = [drawn(tmp_path, ROWS, examples=1, seed=seed).data["image_id"][0] for seed in range(8)]
    assert set(first) == {"a", "b"}


def test_without_a_decision_the_figure_says_so(tmp_path: Path) -> None:
    found = drawn(tmp_path, [])
    assert texts(found.figure) == ["no decision about a proposal that the labels did not admit"]
    assert found.data.is_empty()
