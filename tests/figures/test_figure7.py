from pathlib import Path
from typing import Any

import pytest
from imeval.annotation.contract import Outcomes
from imeval.base.errors import UserError
from imeval.figures import figure7
from imeval.figures.drawing import Drawn
from made_figures import context, texts

COUNTS = {"preferred": 5, "combined": 3, "preserved": 2, "other": 0}
PUBLISHED = {"preferred": 338, "combined": 183, "preserved": 306, "other": 164}


def outcomes(
    source: str, category: str, counts: dict[str, int], published: dict[str, int] | None = None
) -> list[tuple[Any, ...]]:
    total = sum(counts.values())
    return [
        (source, category, "", name, count, total, None, None, None, (published or {}).get(name))
        for name, count in {**counts, "undecided": 4}.items()
    ]


def drawn(folder: Path, rows: list[tuple[Any, ...]], source: str | None = None) -> Drawn:
    made = context(folder, {"outcomes": (Outcomes, rows)})
    return figure7.figure(made, figure7.Settings(source=source))


def test_each_category_has_a_bar_of_shares_and_the_papers_below_it(tmp_path: Path) -> None:
    found = drawn(tmp_path, outcomes("chat", "S-", COUNTS, PUBLISHED))
    (ax,) = found.figure.axes
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["S-, this run (10)", "S-, paper (991)"]
    assert found.data.filter(of="this run").select("outcome", "images", "share").rows() == [
        ("preferred", 5, 50.0), ("combined", 3, 30.0), ("preserved", 2, 20.0), ("other", 0, 0.0),
    ]  # fmt: skip
    # A part is labelled with its number of images where there is room.
    assert texts(found.figure) == ["5", "3", "2", "338", "183", "306", "164"]
    assert "S-, this run, model preferred: 5 (50.0 %)." in found.text


def test_a_category_without_a_decision_has_no_bar_and_all_images_come_last(tmp_path: Path) -> None:
    rows = [*outcomes("chat", "A", COUNTS), *outcomes("chat", "S-", COUNTS)]
    rows += outcomes("chat", "M-", dict.fromkeys(COUNTS, 0))
    found = drawn(tmp_path, rows)
    assert found.data["category"].unique(maintain_order=True).to_list() == ["S-", "A"]


def test_the_model_is_a_setting(tmp_path: Path) -> None:
    rows = [*outcomes("chat", "S-", COUNTS), *outcomes("clip", "S-", {**COUNTS, "preferred": 1})]
    assert "proposals of My chat" in drawn(tmp_path, rows).title
    found = drawn(tmp_path, rows, source="clip")
    assert found.data["images"].to_list() == [1, 3, 2, 0]
    with pytest.raises(UserError, match=r"figures\.figure7: source: expected a model .* found 'net'"):
        drawn(tmp_path, rows, source="net")


def test_without_a_decision_the_figure_says_so(tmp_path: Path) -> None:
    found = drawn(tmp_path, [])
    assert texts(found.figure) == ["no decision about a proposal that the labels did not admit"]
    assert found.data.is_empty()
