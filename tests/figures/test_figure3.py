from pathlib import Path
from typing import Any

from imeval.figures import figure3
from imeval.figures.drawing import Drawn
from imeval.scoring.contract import Differences
from made_figures import context, texts


def row(
    model: str, task: str, values: tuple[float, float, float, float] | None, category: str = "A"
) -> tuple[Any, ...]:
    imgt, regt, low, high = values or (None,) * 4
    side = (model, task, "mine")
    return (
        "labels", "all", *side, "imgt", *side, "regt", category, imgt, regt, None if imgt is None else regt - imgt,
        low, high, "bootstrap_images", False, 10 if values else 0, 0, 1, 1, 1, 0.5, "mcnemar", 0.5, "all", 2,
    )  # fmt: skip


def drawn(folder: Path, *rows: tuple[Any, ...], category: str = "A") -> Drawn:
    entries = [("net", "cw"), ("chat", "cw"), ("chat", "ow")]
    made = context(
        folder, {"differences": (Differences, list(rows))}, rows=entries, task_titles={"cw": "CW", "ow": "OW"}
    )
    return figure3.figure(made, figure3.Settings(category=category))


def test_each_model_has_a_line_in_its_group_and_the_interval_of_its_change(tmp_path: Path) -> None:
    found = drawn(tmp_path, row("net", "cw", (0.9, 0.88, -0.03, -0.01)), row("chat", "ow", (0.5, 0.625, 0.05, 0.2)))
    left, right = found.figure.axes
    assert [tick.get_text() for tick in left.get_yticklabels()] == ["MLLMs", "My chat", "Supervised", "My <net>"]
    assert found.data.select("title", "task", "imgt", "regt", "change", "ci_low", "ci_high").rows() == [
        ("My chat", "ow", 50.0, 62.5, 12.5, 5.0, 20.0),
        ("My <net>", "cw", 90.0, 88.0, -2.0000000000000018, -3.0, -1.0),
    ]
    # A line from ImGT to ReGT on the left, the interval of the change on the right.
    assert [list(line.get_xdata()) for line in left.lines if len(line.get_xdata()) == 2] == [[50, 62.5], [90, 88]]
    assert [list(line.get_xdata()) for line in right.lines[:-1] if len(line.get_xdata()) == 2] == [[5, 20], [-3, -1]]
    assert "My chat: 50.0 to 62.5 % (+12.5 points, +5.0 to +20.0)." in found.text


def test_rows_of_one_model_have_their_tasks_in_their_titles(tmp_path: Path) -> None:
    values = (0.5, 0.6, 0.0, 0.2)
    found = drawn(tmp_path, row("chat", "cw", values), row("chat", "ow", values))
    assert found.data["title"].to_list() == ["My chat, CW", "My chat, OW"]


def test_the_category_is_a_setting_and_one_without_images_says_so(tmp_path: Path) -> None:
    found = drawn(tmp_path, row("net", "cw", (0.5, 0.6, 0.0, 0.2)), row("net", "cw", None, "M-"), category="M-")
    assert found.title == "Accuracy under ImGT and ReGT in M-: my images"
    assert texts(found.figure) == ["no image"]
    assert "My <net>: no image." in found.text
